import APIMachinery

/// What is wrong with the members of an object that a client sends, as strict decoding tells it: fields that the kind
/// does not have, and fields that stand there twice.
enum StrictProblems {
  private static let repetition = "duplicate field "

  /// Every problem, in upstream's order and words: a typed decoder tells them as it meets them, and says of a field that
  /// it does not know nothing else; where what was read becomes an object only later, repetitions come first, and then
  /// what is unknown by its name.
  /// - Parameters:
  ///   - unknown: paths of fields that were dropped (`spec.list[0].foo`).
  ///   - repeated: what the reader has said of members that stand there twice.
  ///   - value: what was read.
  ///   - isTyped: whether a typed decoder read it: neither the object of a custom kind nor a patch.
  ///   - isYAML: whether the text was YAML: such a decoder meets its members by their names.
  static func texts(
    unknown: [String], repeated: [String], in value: JSONValue, isTyped: Bool = true, isYAML: Bool = false
  ) -> [String] {
    guard !unknown.isEmpty || !repeated.isEmpty else { return [] }
    let texts = unknown.map { "unknown field \($0.goQuoted)" }
    if !isTyped { return repeated + texts.sorted() }
    let names = repeated.map { text in
      text.hasPrefix(repetition) ? String(text.dropFirst(repetition.count).dropFirst().dropLast()) : nil
    }
    // What YAML says of its text comes before what is found in its fields.
    var result = zip(repeated, names).compactMap { $1 == nil ? $0 : nil }
    var found = Dictionary(zip(unknown, texts)) { first, _ in first }
    for (text, name) in zip(repeated, names) {
      guard let name, !unknown.contains(where: { name == $0 || name.hasPrefix($0 + ".") || name.hasPrefix($0 + "[") })
      else { continue }
      found[name] = text
    }
    visit(value, "", isYAML) { path in
      if let text = found.removeValue(forKey: path) { result.append(text) }
    }
    return result + found.values.sorted()
  }

  /// Calls for every member's path, in the order of the text or of the names.
  private static func visit(_ value: JSONValue, _ path: String, _ byName: Bool, _ body: (String) -> Void) {
    func visit(_ name: String, _ member: JSONValue) {
      let place = path.isEmpty ? name : "\(path).\(name)"
      body(place)
      Self.visit(member, place, byName, body)
    }
    switch value {
    case .object(let members) where byName: for member in members.sorted { visit(member.name, member.value) }
    case .object(let members): for (name, member) in members { visit(name, member) }
    case .array(let items):
      for (index, item) in items.enumerated() { Self.visit(item, "\(path)[\(index)]", byName, body) }
    default: break
    }
  }

  /// The warnings that tell a problem: what YAML says of several lines is one warning each.
  static func warnings(of text: String) -> [String] {
    let head = "yaml: unmarshal errors:\n  "
    guard text.hasPrefix(head) else { return [text] }
    var lines: [String] = [""]
    var rest = text.dropFirst(head.count)[...]
    while let character = rest.first {
      if rest.hasPrefix("\n  ") {
        lines.append("")
        rest = rest.dropFirst(3)
      } else {
        lines[lines.count - 1].append(character)
        rest = rest.dropFirst()
      }
    }
    return lines
  }
}
