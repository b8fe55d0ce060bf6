/// Reads the text of a JSON path.
struct JSONPathParser {
  private let text: [Unicode.Scalar]
  private var index = 0

  init(_ text: String) { self.text = Array(text.unicodeScalars) }

  private var next: Unicode.Scalar? { index < text.count ? text[index] : nil }

  private func follows(_ prefix: String) -> Bool { text[index...].starts(with: prefix.unicodeScalars) }

  private static func string(_ scalars: some Sequence<Unicode.Scalar>) -> String {
    var string = String.UnicodeScalarView()
    string.append(contentsOf: scalars)
    return String(string)
  }

  mutating func steps() throws(JSONPathError) -> [JSONPath.Step] {
    var steps: [JSONPath.Step] = []
    while let scalar = next {
      if follows("[?(") {
        steps.append(try filter())
        continue
      }
      if follows("..") {
        if case .descent = steps.last { throw JSONPathError("invalid multiple recursive descent") }
        index += 2
        steps.append(.descent)
        if let first = next, first == "_" || first.properties.isAlphabetic || first.properties.numericType == .decimal {
          steps.append(field())
        }
        continue
      }
      switch scalar {
      case " ", "@", "$": index += 1
      case ".":
        index += 1
        steps.append(field())
      case "[": steps += try brackets()
      case "\"", "'": steps.append(.literal(.string(try quoted(scalar))))
      case "+", "-", "0"..."9": steps.append(.literal(try number()))
      case _ where scalar == "_" || scalar.properties.isAlphabetic:
        switch word() {
        case "true": steps.append(.literal(true))
        case "false": steps.append(.literal(false))
        case let other: steps.append(.unknown(other))
        }
      case "\n", "\r": throw JSONPathError("unclosed action")
      default:
        let code = String(scalar.value, radix: 16, uppercase: true)
        let padded = String(repeating: "0", count: max(0, 4 - code.count)) + code
        throw JSONPathError("unrecognized character in action: U+\(padded) '\(Character(scalar))'")
      }
    }
    return steps
  }

  private static func endsWord(_ scalar: Unicode.Scalar) -> Bool {
    " \t\r\n.,[]$@{}".unicodeScalars.contains(scalar)
  }

  private mutating func word() -> String {
    let start = index
    while let scalar = next, !Self.endsWord(scalar) { index += 1 }
    return Self.string(text[start..<index])
  }

  /// A name; a backslash takes what follows it into the name.
  private mutating func field() -> JSONPath.Step {
    var name: [Unicode.Scalar] = []
    while let scalar = next {
      if scalar == "\\" {
        index += 1
        if let escaped = next, escaped != "\\" { name.append(escaped) }
        index += next == nil ? 0 : 1
        continue
      }
      if Self.endsWord(scalar) { break }
      name.append(scalar)
      index += 1
    }
    return name == ["*"] ? .wildcard : .field(Self.string(name))
  }

  private mutating func number() throws(JSONPathError) -> JSONValue {
    let start = index
    if next == "+" || next == "-" { index += 1 }
    while let scalar = next, scalar == "." || ("0"..."9").contains(scalar) { index += 1 }
    let written = Self.string(text[start..<index])
    if let whole = Int64(written) { return .integer(whole) }
    if let number = Double(written.hasPrefix("+") ? String(written.dropFirst()) : written) { return .double(number) }
    throw JSONPathError("cannot parse number \(written)")
  }

  private mutating func quoted(_ quote: Unicode.Scalar) throws(JSONPathError) -> String {
    index += 1
    var content: [Unicode.Scalar] = []
    while let scalar = next, scalar != "\n" {
      index += 1
      if scalar == quote { return Self.string(content) }
      guard scalar == "\\", let escaped = next else {
        content.append(scalar)
        continue
      }
      index += 1
      switch escaped {
      case "n": content.append("\n")
      case "t": content.append("\t")
      case "r": content.append("\r")
      case "\\", "\"", "'": content.append(escaped)
      default: throw JSONPathError("unquote string \(Self.string(content)) error invalid syntax")
      }
    }
    throw JSONPathError("unterminated quoted string")
  }

  /// `[0]`, `[1:3]`, `[*]`, `['name']`, `[0,2]`.
  private mutating func brackets() throws(JSONPathError) -> [JSONPath.Step] {
    guard let end = text[index...].firstIndex(of: "]"), !text[index..<end].contains("\n") else {
      throw JSONPathError("unterminated array")
    }
    let content = Self.string(text[(index + 1)..<end])
    index = end + 1
    let parts = content.split(separator: ",", omittingEmptySubsequences: false)
    if parts.count > 1 {
      var union: [[JSONPath.Step]] = []
      for part in parts {
        var parser = JSONPathParser("[\(part.drop { $0 == " " })]")
        union.append(try parser.steps())
      }
      return [.union(union)]
    }
    if let name = content.wholeMatch(of: /'([^']*)'\ */)?.1 {
      var parser = JSONPathParser(".\(name)")
      return try parser.steps()
    }
    return [try slice(content == "*" ? ":" : content)]
  }

  private func slice(_ content: String) throws(JSONPathError) -> JSONPath.Step {
    let parts = content.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard (1...3).contains(parts.count) else { throw JSONPathError("invalid array index \(content)") }
    var numbers: [Int?] = [nil, nil, nil]
    for (position, part) in parts.enumerated() where !part.isEmpty {
      guard part.wholeMatch(of: /-?[0-9]+/) != nil else { throw JSONPathError("invalid array index \(content)") }
      guard let number = Int(part) else { throw JSONPathError("array index \(part) is not a number") }
      numbers[position] = number
    }
    guard parts.count > 1 else {
      let single = numbers[0] ?? 0
      return .slice(from: single, to: single &+ 1, step: nil, isSingle: true)
    }
    return .slice(from: numbers[0], to: numbers[1], step: numbers[2], isSingle: false)
  }

  /// `[?(@.type=="Ready")]`, or without a comparison: what has the path at all.
  private mutating func filter() throws(JSONPathError) -> JSONPath.Step {
    index += 3
    let start = index
    var quote: Unicode.Scalar?
    while true {
      guard let scalar = next, scalar != "\n" else { throw JSONPathError("unterminated filter") }
      if let open = quote {
        if scalar == open, text[index - 1] != "\\" { quote = nil }
      } else if scalar == "\"" || scalar == "'" {
        quote = scalar
      } else if scalar == ")" {
        break
      }
      index += 1
    }
    let content = Array(text[start..<index])
    index += 1
    guard next == "]" else { throw JSONPathError("unclosed array expect ]") }
    index += 1

    func isOperator(_ scalar: Unicode.Scalar) -> Bool { "!<>=".unicodeScalars.contains(scalar) }
    let left = content.prefix { !isOperator($0) }
    let operation = content[left.endIndex...].prefix(while: isOperator)
    let right = content[operation.endIndex...]
    guard !left.isEmpty, !operation.isEmpty, !right.isEmpty else {
      var parser = JSONPathParser(Self.string(content))
      return .filter(left: try parser.steps(), operation: "", right: [])
    }
    let name = Self.string(operation)
    guard ["==", "!=", "<", ">", "<=", ">="].contains(name) else {
      throw JSONPathError("unrecognized filter operator \(name)")
    }
    var leftParser = JSONPathParser(Self.string(left))
    var rightParser = JSONPathParser(Self.string(right))
    return .filter(left: try leftParser.steps(), operation: name, right: try rightParser.steps())
  }
}
