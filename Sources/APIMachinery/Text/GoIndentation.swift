extension JSONValue {
  /// The value as Go writes it over several lines (`json.MarshalIndent` with a space for each level): members in their order, and
  /// `<`, `>` and `&` escaped.
  public var goIndented: String {
    var text = ""
    write(to: &text, level: 0)
    return text
  }

  private func write(to text: inout String, level: Int) {
    func newLine(_ level: Int) { text += "\n" + String(repeating: " ", count: level) }
    switch self {
    case .object(let members) where !members.isEmpty:
      text += "{"
      var isFirst = true
      for (name, value) in members {
        if !isFirst { text += "," }
        isFirst = false
        newLine(level + 1)
        text += JSONValue.string(name).goText + ": "
        value.write(to: &text, level: level + 1)
      }
      newLine(level)
      text += "}"
    case .array(let items) where !items.isEmpty:
      text += "["
      for (index, item) in items.enumerated() {
        if index > 0 { text += "," }
        newLine(level + 1)
        item.write(to: &text, level: level + 1)
      }
      newLine(level)
      text += "]"
    default: text += goText
    }
  }

  /// The value in one line as Go writes it, with what HTML has a meaning for escaped (`json.Marshal`).
  var goText: String { goText(sortedKeys: false) }

  func goText(sortedKeys: Bool) -> String {
    let text = jsonText(sortedKeys: sortedKeys)
    guard text.unicodeScalars.contains(where: { Self.escapes[$0] != nil }) else { return text }
    var escaped = ""
    for scalar in text.unicodeScalars {
      if let escape = Self.escapes[scalar] { escaped += escape } else { escaped.unicodeScalars.append(scalar) }
    }
    return escaped
  }

  private static let escapes: [Unicode.Scalar: String] = [
    "<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u{2028}": "\\u2028", "\u{2029}": "\\u2029",
  ]
}
