/// A text that is the same as another one only byte for byte, as Go compares them.
///
/// Swift's own comparison takes texts for equal that Unicode calls equivalent: "é" and an "e" with an accent, the kelvin sign
/// and a "K". Names of users are not.
public struct ExactText: Hashable, Sendable {
  public let text: String

  public init(_ text: String) { self.text = text }

  public static func == (a: Self, b: Self) -> Bool { a.text.isExactly(b.text) }

  /// What is the same is equal, too.
  public func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

extension StringProtocol {
  /// Whether two texts are the same byte for byte.
  public func isExactly(_ other: some StringProtocol) -> Bool { utf8.elementsEqual(other.utf8) }
}

extension Sequence<String> {
  /// Whether the very text is among these, byte for byte.
  public func containsExactly(_ text: String) -> Bool { contains(text) && contains { $0.isExactly(text) } }
}
