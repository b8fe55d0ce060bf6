/// The number of a netlink attribute with its name in the kernel's headers, so that an error can name what it is about.
public struct AttributeType: Sendable, ExpressibleByIntegerLiteral {
  public let rawValue: UInt16
  public let name: StaticString

  public init(_ rawValue: UInt16, _ name: StaticString) {
    self.rawValue = rawValue
    self.name = name
  }

  /// An attribute whose number is its only name (an index in a list).
  public init(integerLiteral value: UInt16) { self.init(value, "") }
}
