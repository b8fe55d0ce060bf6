/// Judges what stands in an expression as such, once its types are known: literals that a function can never take, lists and
/// maps of mixed types, and texts of `format` that do not fit what they are given (cel-go's validators, as Kubernetes uses them).
struct CELLiteralCheck {
  private let checked: CELCheckedExpression
  private var issues: [CELIssue] = []
  /// What is found of `format` comes after everything else.
  private var formatIssues: [CELIssue] = []
  /// What has been looked at: macros put what they are given into their expansion more than once.
  private var visited: Set<Visit> = []

  private struct Visit: Hashable {
    var id: Int
    var isFormatted: Bool
  }

  private init(_ checked: CELCheckedExpression) { self.checked = checked }

  static func issues(in checked: CELCheckedExpression) -> [CELIssue] {
    var check = CELLiteralCheck(checked)
    check.visit(checked.root, isFormatted: false)
    return check.issues + check.formatIssues
  }

  private mutating func fail(_ node: CELExpression, _ message: String) {
    issues.append(CELIssue(offset: node.offset, message: message))
  }

  /// - Parameter isFormatted: whether it is put into a text, which takes values of any types together.
  private mutating func visit(_ node: CELExpression, isFormatted: Bool) {
    guard visited.insert(Visit(id: node.id, isFormatted: isFormatted)).inserted else { return }
    var isFormatted = isFormatted
    switch node.kind {
    case .call(let name, let target, let arguments):
      literal(name, arguments.first)
      if name == "format" {
        isFormatted = true
        format(node, target, arguments)
      }
    case .list(let elements, let optional) where !isFormatted: list(elements, optional)
    case .map(let entries) where !isFormatted: map(entries)
    default: break
    }
    for child in node.kind.children { visit(child, isFormatted: isFormatted) }
  }

  private mutating func literal(_ name: String, _ argument: CELExpression?) {
    guard let argument, case .literal(let value) = argument.kind else { return }
    let isRight: Bool
    switch (name, value) {
    case ("duration", .string(let text)): isRight = GoDuration.nanoseconds(text) != nil
    case ("timestamp", .string(let text)): isRight = CELTime.parse(text) != nil
    case ("timestamp", .int(let seconds)): isRight = CELTime.range.contains(seconds)
    case ("matches", .string(let text)):
      do {
        _ = try RegularExpression(text)
        isRight = true
      } catch { isRight = false }
    default: return
    }
    if !isRight { fail(argument, "invalid \(name) argument") }
  }

  // MARK: Lists and maps

  private mutating func mismatch(_ node: CELExpression, _ expected: CELType, _ found: CELType) {
    fail(node, "expected type '\(expected)' but found '\(found)'")
  }

  private func type(_ node: CELExpression, isOptional: Bool) -> CELType {
    var type = checked.type(node)
    if isOptional { type = type.unwrapped ?? type }
    if case .opaque("wrapper", let inner) = type { return inner[0] }
    return type
  }

  /// The first element gives the type; the first that differs is told.
  private mutating func list(_ elements: [CELExpression], _ optional: Set<Int>) {
    var expected: CELType?
    for (index, element) in elements.enumerated() {
      let found = type(element, isOptional: optional.contains(index))
      guard let type = expected else {
        expected = found
        continue
      }
      guard type == found else { return mismatch(element, type, found) }
    }
  }

  private mutating func map(_ entries: [CELExpression.Entry]) {
    var expected: (key: CELType, value: CELType)?
    for entry in entries {
      let key = checked.type(entry.key)
      let value = type(entry.value, isOptional: entry.isOptional)
      guard let types = expected else {
        expected = (key, value)
        continue
      }
      if types.key != key { mismatch(entry.key, types.key, key) }
      if types.value != value { mismatch(entry.value, types.value, value) }
    }
  }

  // MARK: Texts with places for values

  private struct FormatProblem: Error {
    let node: CELExpression?
    let message: String
  }

  private mutating func format(_ call: CELExpression, _ target: CELExpression?, _ arguments: [CELExpression]) {
    guard let target, case .literal(.string(let text)) = target.kind, arguments.count == 1,
      case .list(let values, _) = arguments[0].kind
    else { return }
    do throws(FormatProblem) {
      let used = try clauses(text, values)
      guard values.count > used else { return }
      throw FormatProblem(
        node: nil,
        message: "too many arguments supplied to string.format (expected \(used), got \(values.count))")
    } catch {
      formatIssues.append(CELIssue(offset: (error.node ?? call).offset, message: error.message))
    }
  }

  /// How many values the text has places for.
  private func clauses(_ text: String, _ values: [CELExpression]) throws(FormatProblem) -> Int {
    var rest = text.unicodeScalars[...]
    var used = 0
    while let scalar = rest.popFirst() {
      guard scalar == "%" else { continue }
      if rest.first == "%" {
        rest = rest.dropFirst()
        continue
      }
      guard !rest.isEmpty else { throw FormatProblem(node: nil, message: "unexpected end of string") }
      guard used < values.count else { throw FormatProblem(node: nil, message: "index \(used) out of range") }
      try clause(&rest, values[used])
      used += 1
    }
    return used
  }

  private func clause(
    _ rest: inout Substring.UnicodeScalarView, _ value: CELExpression
  ) throws(FormatProblem) {
    func parsing(_ message: String) -> FormatProblem {
      FormatProblem(node: nil, message: "could not parse formatting clause: \(message)")
    }
    if rest.first == "." {
      rest = rest.dropFirst()
      let digits = rest.prefix { ("0"..."9").contains($0) }
      rest = rest.dropFirst(digits.count)
      guard Int(String(digits)) != nil else {
        throw parsing("error while parsing precision: error while converting precision to integer")
      }
    }
    guard let verb = rest.popFirst() else {
      throw parsing("error while parsing precision: could not find end of precision specifier")
    }
    let wrong: CELExpression?
    let rule: String
    switch verb {
    case "s":
      wrong = unshowable(value)
      rule =
        "string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and"
        + " timestamps"
    case "d": (wrong, rule) = (unless(value, [.int, .uint]), "decimal clause can only be used on integers")
    case "f": (wrong, rule) = (unless(value, [.double, .string]), "fixed-point clause can only be used on doubles")
    case "e": (wrong, rule) = (unless(value, [.double, .string]), "scientific clause can only be used on doubles")
    case "b":
      (wrong, rule) = (
        unless(value, [.int, .uint, .bool]), "only integers and bools can be formatted as binary"
      )
    case "o": (wrong, rule) = (unless(value, [.int, .uint]), "octal clause can only be used on integers")
    case "x", "X":
      (wrong, rule) = (
        unless(value, [.int, .uint, .string, .bytes]),
        "only integers, byte buffers, and strings can be formatted as hex"
      )
    default: throw parsing("unrecognized formatting clause \"\(verb)\"")
    }
    guard let wrong else { return }
    throw FormatProblem(
      node: wrong, message: "error during formatting: \(rule), was given \(checked.type(wrong).runtimeName)")
  }

  /// The value, where its type is none of these.
  private func unless(_ value: CELExpression, _ types: [CELType]) -> CELExpression? {
    let type = checked.type(value)
    return type.isDynamic || types.contains(type) ? nil : value
  }

  /// The part of a value that no text can show.
  private func unshowable(_ value: CELExpression) -> CELExpression? {
    switch checked.type(value) {
    case .dynamic, .list, .map, .int, .uint, .double, .bool, .string, .timestamp, .bytes, .duration, .type, .null: break
    default: return value
    }
    switch value.kind {
    case .list(let elements, _):
      for element in elements { if let wrong = unshowable(element) { return wrong } }
    case .map(let entries):
      for entry in entries {
        if let wrong = unshowable(entry.key) ?? unshowable(entry.value) { return wrong }
      }
    default: break
    }
    return nil
  }
}
