/// Why a text that describes kinds cannot be read, or does not fit the others.
///
/// The texts are part of the program, so an error is a mistake in the program; it says in which line to look.
public struct KindDataError: Error, Sendable, Hashable {
  public let code: Code
  public let message: String
  /// The text's name.
  public let file: String
  /// Counted from 1; 0 where no single line is at fault.
  public let line: Int

  init(_ code: Code, _ message: String, file: String, line: Int) {
    self.code = code
    self.message = message
    self.file = file
    self.line = line
  }

  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private enum Value: String, Sendable { case malformed, unknownWord, duplicate, unknownType }
    private let value: Value
    public var description: String { value.rawValue }

    /// A line lacks a part, or has it in a wrong place.
    public static let malformed = Code(value: .malformed)
    /// A line or a flag begins with a word that means nothing.
    public static let unknownWord = Code(value: .unknownWord)
    /// A name is given twice.
    public static let duplicate = Code(value: .duplicate)
    /// A type is named that no text describes.
    public static let unknownType = Code(value: .unknownType)
  }
}

extension KindDataError: CustomStringConvertible {
  public var description: String { line == 0 ? "\(file): \(message)" : "\(file):\(line): \(message)" }
}
