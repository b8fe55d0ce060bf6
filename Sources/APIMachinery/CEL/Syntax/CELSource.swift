/// The text of an expression, and where its lines begin.
struct CELSource: Sendable {
  let scalars: [Unicode.Scalar]
  private let lineStarts: [Int]

  init(_ text: String) {
    scalars = Array(text.unicodeScalars)
    var starts = [0]
    for (index, scalar) in scalars.enumerated() where scalar == "\n" { starts.append(index + 1) }
    lineStarts = starts
  }

  /// The line, counted from 1, and the column in it, counted from 0, of a scalar.
  func location(_ offset: Int) -> (line: Int, column: Int) {
    var low = 0
    var high = lineStarts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= offset { low = middle } else { high = middle }
    }
    return (low + 1, max(0, offset - lineStarts[low]))
  }

  func line(_ number: Int) -> ArraySlice<Unicode.Scalar> {
    let start = lineStarts[number - 1]
    let end = number < lineStarts.count ? lineStarts[number] - 1 : scalars.count
    return scalars[start..<end]
  }
}

/// One thing that is wrong with an expression before it is evaluated.
struct CELIssue: Sendable, Hashable {
  /// The scalar at which it is; nil where no place can be named.
  let offset: Int?
  let message: String
}

/// Why an expression does not compile: everything that is wrong with it, with the places marked, as cel-go shows it.
public struct CELCompilationError: Error, Sendable, CustomStringConvertible {
  /// All issues, each with the line that it is in and a mark below it.
  public let description: String
  /// The bare messages, in the order of their places.
  public let messages: [String]

  /// The expression is well formed, but a part of it that never changes cannot be evaluated.
  public let isInstantiation: Bool

  /// What kind of failure it is, and the issues.
  public var explanation: String {
    "\(isInstantiation ? "program instantiation" : "compilation") failed: \(description)"
  }

  init(_ issues: [CELIssue], in source: CELSource) {
    isInstantiation = false
    let most = 100
    func place(_ issue: CELIssue) -> (line: Int, column: Int) { issue.offset.map(source.location) ?? (-1, -1) }
    let sorted = Array(issues.prefix(most)).enumerated().sorted { a, b in
      let (left, right) = (place(a.element), place(b.element))
      return (left.line, left.column, a.offset) < (right.line, right.column, b.offset)
    }.map { $0.element }
    messages = sorted.map(\.message)
    var shown = sorted.map { Self.display($0.message, place($0), source) }
    if issues.count > most { shown.append("\(issues.count - most) more errors were truncated") }
    description = shown.joined(separator: "\n")
  }

  /// What is wrong with a part that is evaluated as the expression is compiled.
  init(instantiation message: String) {
    messages = [message]
    description = message
    isInstantiation = true
  }

  private static func display(_ message: String, _ place: (line: Int, column: Int), _ source: CELSource) -> String {
    // Columns are counted from 1, but there is none of a text without characters.
    let column = source.scalars.isEmpty ? 0 : place.column + 1
    var text = "ERROR: <input>:\(place.line):\(column): \(message)"
    guard place.line > 0, !source.scalars.isEmpty else { return text }
    let line = source.line(place.line)
    guard line.count <= 16_384 else { return text }
    text += "\n | "
    text.unicodeScalars.append(contentsOf: line.map { $0 == "\t" ? " " : $0 })
    text += "\n | "
    for scalar in line.prefix(place.column) { text += scalar.isASCII ? "." : "\u{FF0E}" }
    let marked = line.dropFirst(place.column).first
    text += marked?.isASCII ?? true ? "^" : "\u{FF3E}"
    return text
  }
}
