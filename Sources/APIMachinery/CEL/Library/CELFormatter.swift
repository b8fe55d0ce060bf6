/// Puts values into a text: `"%s has %d".format(["a", 1])` (cel-go's extension of strings).
struct CELFormatter {
  private let arguments: CELList
  private var used = 0

  init(_ arguments: CELList) { self.arguments = arguments }

  /// - Throws: where a clause is malformed, or its argument is missing or of the wrong type.
  mutating func format(_ text: String, _ frame: inout CELFrame) throws -> String {
    var result = ""
    var rest = text.unicodeScalars[...]
    while let scalar = rest.popFirst() {
      guard scalar == "%" else {
        result.unicodeScalars.append(scalar)
        continue
      }
      if rest.first == "%" {
        rest = rest.dropFirst()
        result += "%"
        continue
      }
      guard used < arguments.count else { throw CELEvaluationError("index \(used) out of range") }
      let value = try arguments.element(used)
      used += 1
      let part = try clause(&rest, value, &frame)
      try frame.work(part.utf8.count / 4)
      result += part
    }
    return result
  }

  private func clause(
    _ rest: inout Substring.UnicodeScalarView, _ value: CELValue, _ frame: inout CELFrame
  ) throws -> String {
    func parsing(_ message: String) -> CELEvaluationError {
      CELEvaluationError("could not parse formatting clause: \(message)")
    }
    var precision: Int?
    if rest.first == "." {
      rest = rest.dropFirst()
      let digits = rest.prefix { ("0"..."9").contains($0) }
      rest = rest.dropFirst(digits.count)
      guard let number = Int(String(digits)) else {
        throw parsing("error while parsing precision: error while converting precision to integer")
      }
      precision = number
    }
    guard let verb = rest.popFirst() else { throw CELEvaluationError("unexpected end of string") }
    let places = precision ?? 6
    switch verb {
    case "s": return try Self.text(value, &frame)
    case "d": return try Self.decimal(value)
    case "f":
      try frame.work(places)
      let number = try Self.number(value, "fixed-point clause can only be used on doubles")
      return Self.infinite(number) ?? DecimalDigits(number).fixed(places)
    case "e":
      try frame.work(places)
      let number = try Self.number(value, "scientific clause can only be used on doubles")
      guard number.isFinite else {
        // A word for a number stands at the right of as many places.
        let word = Self.infinite(number) ?? "NaN"
        return String(repeating: " ", count: max(0, places - word.count)) + word
      }
      return Self.superscript(DecimalDigits(number).scientific(places))
    case "b", "o", "x", "X": return try Self.radix(value, verb)
    default: throw parsing("unrecognized formatting clause \"\(verb)\"")
    }
  }

  private static func wrong(_ rule: String, _ value: CELValue) -> CELEvaluationError {
    CELEvaluationError("error during formatting: \(rule), was given \(value.typeName)")
  }

  private static func number(_ value: CELValue, _ rule: String) throws -> Double {
    switch value {
    case .double(let number): return number
    case .string("NaN"): return .nan
    case .string("Infinity"): return .infinity
    case .string("-Infinity"): return -.infinity
    default: throw wrong(rule, value)
    }
  }

  private static func infinite(_ number: Double) -> String? {
    number.isInfinite ? (number < 0 ? "-∞" : "∞") : nil
  }

  /// `1.5e+03` as people write it: `1.5×10⁰³`.
  private static func superscript(_ text: String) -> String {
    guard let mark = text.firstIndex(of: "e") else { return text }
    let digits: [Character] = ["⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"]
    let exponent = text[text.index(after: mark)...].compactMap { character -> Character? in
      character.wholeNumberValue.map { digits[$0] } ?? (character == "-" ? "⁻" : nil)
    }
    return text[..<mark] + "×10" + String(exponent)
  }

  private static func decimal(_ value: CELValue) throws -> String {
    switch value {
    case .int(let number): return String(number)
    case .uint(let number): return String(number)
    default: throw wrong("decimal clause can only be used on integers", value)
    }
  }

  private static func radix(_ value: CELValue, _ verb: Unicode.Scalar) throws -> String {
    let radix = verb == "b" ? 2 : verb == "o" ? 8 : 16
    func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
      bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: verb == "X") }.joined()
    }
    switch value {
    case .int(let number): return String(number, radix: radix, uppercase: verb == "X")
    case .uint(let number): return String(number, radix: radix, uppercase: verb == "X")
    case .bool(let flag) where verb == "b": return flag ? "1" : "0"
    case .string(let text) where radix == 16: return hexadecimal(text.utf8)
    case .bytes(let bytes) where radix == 16: return hexadecimal(bytes)
    default:
      let rule =
        switch verb {
        case "b": "only integers and bools can be formatted as binary"
        case "o": "octal clause can only be used on integers"
        default: "only integers, byte buffers, and strings can be formatted as hex"
        }
      throw wrong(rule, value)
    }
  }

  // MARK: %s

  private static func text(_ value: CELValue, _ frame: inout CELFrame) throws -> String {
    switch value {
    case .null: return "null"
    case .bytes(let bytes): return String(decoding: bytes, as: UTF8.self)
    case .type(let type): return type.runtimeName
    case .list, .map: return try nested(value, &frame)
    case .string, .bool, .int, .uint, .double, .timestamp, .duration:
      return try CELConversion.string(value).string()
    default:
      throw wrong(
        "string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and"
          + " timestamps", value)
    }
  }

  /// As it stands inside of a list or map: as the language writes it.
  private static func nested(_ value: CELValue, _ frame: inout CELFrame) throws -> String {
    try frame.work(4)
    switch value {
    case .list(let list):
      return "[" + (try list.elements().map { try nested($0, &frame) }).joined(separator: ", ") + "]"
    case .map(let map):
      var entries: [String] = []
      for key in map.keys {
        guard let value = try map.find(key) else { continue }
        entries.append("\(try nested(key, &frame)):\(try nested(value, &frame))")
      }
      return "{" + entries.sorted().joined(separator: ", ") + "}"
    case .string(let text): return text.goQuoted
    case .bytes(let bytes): return "b" + String(decoding: bytes, as: UTF8.self).goQuoted
    case .double(let number):
      let text = DecimalDigits(number).fixed(6)
      return number.isFinite ? text : text.goQuoted
    case .timestamp(let time, let offset): return "timestamp(\(CELTime.text(time, offset: offset).goQuoted))"
    case .duration(let duration): return "duration(\(CELDuration.text(duration).goQuoted))"
    default: return try text(value, &frame)
    }
  }

  /// As `strings.quote` writes a string.
  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      if let escape = scalar.goEscape { result += escape } else { result.unicodeScalars.append(scalar) }
    }
    return result + "\""
  }
}
