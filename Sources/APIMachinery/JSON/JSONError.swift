/// Why bytes are no JSON text that is taken here. The messages are in the words of Go's decoder, which users of
/// Kubernetes know.
public struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kind of failure; more may be added.
  public struct Code: Hashable, Sendable {
    private enum Kind { case syntax, truncated, tooDeep, encoding, range }
    private let kind: Kind
    /// The grammar (RFC 8259) does not allow what stands at `offset`.
    public static let syntax = Code(kind: .syntax)
    /// The text ends too early: more bytes could complete it.
    public static let truncated = Code(kind: .truncated)
    /// Arrays and objects nest deeper than `JSONReader.maximumDepth`.
    public static let tooDeep = Code(kind: .tooDeep)
    /// A string is not UTF-8.
    public static let encoding = Code(kind: .encoding)
    /// A number is too large for a double.
    public static let range = Code(kind: .range)
  }

  public let code: Code
  public let message: String
  /// Where in the text, in bytes from its start.
  public let offset: Int

  init(_ code: Code, _ message: String, at offset: Int) {
    self.code = code
    self.message = message
    self.offset = offset
  }

  public var description: String { message }

  static func unexpected(_ byte: UInt8, _ context: String, at offset: Int) -> JSONError {
    JSONError(.syntax, "invalid character \(quoted(byte)) \(context)", at: offset)
  }

  static func truncated(at offset: Int) -> JSONError {
    JSONError(.truncated, "unexpected end of JSON input", at: offset)
  }

  /// The text ends within a token. Go takes the end for a space, and finds it out of place.
  static func truncated(_ context: String, at offset: Int) -> JSONError {
    JSONError(.truncated, "invalid character ' ' \(context)", at: offset)
  }

  /// A byte as Go shows it: it takes each byte for a character of Latin 1.
  private static func quoted(_ byte: UInt8) -> String {
    switch byte {
    case UInt8(ascii: "'"): #"'\''"#
    case UInt8(ascii: "\""): "'\"'"
    default: "'\(String(String(Character(Unicode.Scalar(byte))).goQuoted.dropFirst().dropLast()))'"
    }
  }
}
