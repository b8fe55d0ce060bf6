/// A path to a value in a JSON tree (RFC 6901): `/spec/containers/0/image`.
public struct JSONPointer: Sendable, Hashable, CustomStringConvertible {
  /// The text as it was written.
  public let description: String
  /// The names of members and indices of elements, unescaped.
  public let tokens: [String]

  /// Nil where the text neither is empty nor begins with a slash.
  public init?(_ text: String) {
    description = text
    if text.isEmpty {
      tokens = []
      return
    }
    guard text.utf8.first == UInt8(ascii: "/") else { return nil }
    tokens = text.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map { part in
      let token = String(Substring(part))
      return token.utf8.contains(UInt8(ascii: "~"))
        ? token.replacing("~1", with: "/").replacing("~0", with: "~") : token
    }
  }

  /// A text as one token of a pointer.
  public static func escape(_ token: String) -> String {
    token.replacing("~", with: "~0").replacing("/", with: "~1")
  }
}
