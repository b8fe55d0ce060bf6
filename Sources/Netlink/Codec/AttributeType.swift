/// The number of a netlink attribute with its name in the kernel's headers, so that an error can name what it is about.
public struct AttributeType: Sendable, ExpressibleByIntegerLiteral {
  public let rawValue: UInt16
  /// As the kernel's headers spell it; empty where there is none.
  public let name: StaticString

  /// From its number and its name.
  public init(_ rawValue: UInt16, _ name: StaticString) {
    self.rawValue = rawValue
    self.name = name
  }

  /// An attribute whose number is its only name (an index in a list).
  public init(integerLiteral value: UInt16) { self.init(value, "") }
}
