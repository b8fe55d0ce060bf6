/// A line of a text that describes kinds, taken apart: its words, and the description after ` -- `.
struct KindDataLine {
  let file: String
  let number: Int
  let isIndented: Bool
  let words: [Substring]
  let description: String

  /// Nil for an empty line and a comment.
  ///
  /// - Throws: ``KindDataError`` where a quotation does not end.
  init?(_ text: Substring, number: Int, file: String) throws(KindDataError) {
    guard let first = text.utf8.first, first != UInt8(ascii: "#") else { return nil }
    self.file = file
    self.number = number
    isIndented = first == UInt8(ascii: " ")
    let (head, tail) = Self.halves(text)
    description = tail
    words = try Self.words(head, number: number, file: file)
    if words.isEmpty {
      guard tail.isEmpty else {
        throw KindDataError(.malformed, "a description stands alone", file: file, line: number)
      }
      return nil
    }
  }

  func error(_ code: KindDataError.Code, _ message: String) -> KindDataError {
    KindDataError(code, message, file: file, line: number)
  }

  /// What stands before and after ` -- `.
  private static func halves(_ text: Substring) -> (Substring, String) {
    let bytes = text.utf8
    var index = bytes.startIndex
    while let dash = bytes[index...].firstIndex(of: UInt8(ascii: "-")) {
      if dash > bytes.startIndex, bytes[bytes.index(before: dash)] == UInt8(ascii: " "),
        bytes[dash...].starts(with: "-- ".utf8)
      {
        return (text[..<dash], String(text[bytes.index(dash, offsetBy: 3)...]))
      }
      index = bytes.index(after: dash)
    }
    return (text, "")
  }

  /// Words with spaces between them; quotation marks keep spaces in a word.
  private static func words(_ text: Substring, number: Int, file: String) throws(KindDataError) -> [Substring] {
    let bytes = text.utf8
    var result: [Substring] = []
    var index = bytes.startIndex
    while index < bytes.endIndex {
      if bytes[index] == UInt8(ascii: " ") {
        index = bytes.index(after: index)
        continue
      }
      let isQuoted = bytes[index] == UInt8(ascii: "\"")
      let start = isQuoted ? bytes.index(after: index) : index
      let end = bytes[start...].firstIndex(of: UInt8(ascii: isQuoted ? "\"" : " "))
      if isQuoted, end == nil { throw KindDataError(.malformed, "a quotation does not end", file: file, line: number) }
      result.append(text[start..<(end ?? bytes.endIndex)])
      index = end.map { isQuoted ? bytes.index(after: $0) : $0 } ?? bytes.endIndex
    }
    return result
  }
}

/// A flag of a line: a word alone, or a word, `=` and its value.
struct KindDataFlag {
  let name: Substring
  let value: Substring?

  init(_ word: Substring) {
    if let sign = word.utf8.firstIndex(of: UInt8(ascii: "=")) {
      name = word[..<sign]
      value = word[word.utf8.index(after: sign)...]
    } else {
      name = word
      value = nil
    }
  }

  var list: [String] { (value ?? "").split(separator: ",").map(String.init) }

  /// `spec,status.conditions`: fields by their names from the object's own down.
  var paths: [[String]] { list.map { $0.split(separator: ".").map(String.init) } }
}
