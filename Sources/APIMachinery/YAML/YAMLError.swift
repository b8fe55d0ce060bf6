/// Why bytes are no YAML that is taken here. The messages are in the words of Go's YAML package, which users of
/// Kubernetes know.
public struct YAMLError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kind of failure; more may be added.
  public struct Code: Hashable, Sendable {
    private enum Kind { case syntax, encoding, tooDeep, alias, duplicate, value }
    private let kind: Kind
    /// The grammar does not allow what stands there.
    public static let syntax = Code(kind: .syntax)
    /// The text is not UTF-8, or has characters that YAML does not allow.
    public static let encoding = Code(kind: .encoding)
    /// Collections nest deeper than `YAMLReader.maximumDepth`.
    public static let tooDeep = Code(kind: .tooDeep)
    /// An alias without an anchor, within its own anchor, or one that makes the document too large.
    public static let alias = Code(kind: .alias)
    /// A key stands twice in one mapping, where that is refused.
    public static let duplicate = Code(kind: .duplicate)
    /// A scalar or a key has no form in JSON, or not the one that its tag wants.
    public static let value = Code(kind: .value)
  }

  public let code: Code
  public let message: String
  /// From 1; 0 where no line is to blame.
  public let line: Int

  init(_ code: Code, _ message: String, line: Int) {
    self.code = code
    self.message = message
    self.line = line
  }

  public var description: String { line > 0 ? "yaml: line \(line): \(message)" : "yaml: \(message)" }
}
