/// What a scalar means (YAML 1.1, as Go's package reads it).
enum YAMLScalar {
  private static let prefix = "tag:yaml.org,2002:"

  /// What a scalar without quotation marks and tag is.
  enum Meaning: Equatable {
    case null
    case bool(Bool)
    case integer(Int64)
    /// Also whole numbers that no `Int64` holds.
    case double(Double)
    /// A date, or a date and a time.
    case time
    case text
  }

  static func value(_ text: String, isPlain: Bool, tag: String) throws(YAMLError) -> JSONValue {
    let short = tag.hasPrefix(prefix) ? String(tag.dropFirst(prefix.count)) : nil
    if tag.isEmpty, !isPlain { return .string(text) }
    if tag.isEmpty || short != nil && ["bool", "int", "float", "null", "timestamp"].contains(short) {
      let found = meaning(text)
      if let short { try check(found, text, short) }
      return try json(found, text, isFloat: short == "float")
    }
    if short == "binary" {
      throw YAMLError(.value, "the tag !!binary is not supported: write the text in base64 without it", line: 0)
    }
    return .string(text)
  }

  private static func check(_ meaning: Meaning, _ text: String, _ wanted: String) throws(YAMLError) {
    let found =
      switch meaning {
      case .null: "null"
      case .bool: "bool"
      case .integer: "int"
      case .double: "float"
      case .time: "timestamp"
      case .text: "str"
      }
    guard found == wanted || (found == "int" && wanted == "float") else {
      throw YAMLError(.value, "cannot decode !!\(found) `\(text)` as a !!\(wanted)", line: 0)
    }
  }

  private static func json(_ meaning: Meaning, _ text: String, isFloat: Bool) throws(YAMLError) -> JSONValue {
    switch meaning {
    case .null: return .null
    case .bool(let value): return .bool(value)
    case .integer(let value): return .integer(value)
    case .double(let value):
      guard value.isFinite else {
        throw YAMLError(.value, "json: unsupported value: \(value.goDescription)", line: 0)
      }
      // On its way Kubernetes writes the number as JSON, where a whole one has no point.
      return (try? JSONValue(json: value.goJSON)) ?? .double(value)
    case .time, .text: return .string(text)
    }
  }

  /// The name that a key gives a member.
  static func key(_ value: JSONValue, _ text: String?) throws(YAMLError) -> String {
    switch value {
    case .string(let text): return text
    case .integer(let number): return String(number)
    // Go writes a float key with the digits of a 32-bit number.
    case .double(let number): return Double(Float(number).description).map(\.goDescription) ?? number.goDescription
    case .bool(let flag): return flag ? "true" : "false"
    case .null: throw YAMLError(.value, "unsupported map key: null", line: 0)
    case .array, .object: throw YAMLError(.value, "invalid map key: \(value.jsonText().prefix(100))", line: 0)
    }
  }

  // MARK: Plain scalars

  private static let words: [String: Meaning] = {
    var words: [String: Meaning] = ["": .null, "~": .null]
    for word in ["null", "Null", "NULL"] { words[word] = .null }
    for word in ["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"] { words[word] = .bool(true) }
    for word in ["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"] {
      words[word] = .bool(false)
    }
    for word in [".nan", ".NaN", ".NAN"] { words[word] = .double(.nan) }
    for word in [".inf", ".Inf", ".INF"] {
      words[word] = .double(.infinity)
      words["+\(word)"] = .double(.infinity)
      words["-\(word)"] = .double(-.infinity)
    }
    return words
  }()

  static func meaning(_ text: String) -> Meaning {
    guard let first = text.utf8.first else { return .null }
    switch first {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"):
      if let word = words[text] { return word }
      if isTime(text) { return .time }
      let plain = text.utf8.contains(UInt8(ascii: "_")) ? text.replacing("_", with: "") : text
      return integer(plain) ?? float(plain, needsDigitFirst: true) ?? .text
    case UInt8(ascii: "."):
      return words[text] ?? float(text, needsDigitFirst: false) ?? .text
    case _ where "yYnNtTfFoO~".utf8.contains(first): return words[text] ?? .text
    default: return .text
    }
  }

  /// Whole numbers: decimal, `0x`, `0b`, and octal with `0o` or a mere `0`.
  private static func integer(_ text: String) -> Meaning? {
    var digits = Substring(text)
    let isNegative = digits.first == "-"
    if isNegative || digits.first == "+" { digits.removeFirst() }
    var radix = 10
    if digits.first == "0", digits.count > 1 {
      switch digits.dropFirst().first {
      case "x", "X": (radix, digits) = (16, digits.dropFirst(2))
      case "o", "O": (radix, digits) = (8, digits.dropFirst(2))
      case "b", "B": (radix, digits) = (2, digits.dropFirst(2))
      default: (radix, digits) = (8, digits.dropFirst())
      }
    }
    guard digits.utf8.first.map({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }) ?? false else { return nil }
    if let value = Int64((isNegative ? "-" : "") + digits, radix: radix) { return .integer(value) }
    if !text.hasPrefix("-"), !text.hasPrefix("+"), let value = UInt64(digits, radix: radix) {
      return .double(Double(value))
    }
    return nil
  }

  /// Numbers with a point or an exponent, or too long for whole ones.
  private static func float(_ text: String, needsDigitFirst: Bool) -> Meaning? {
    var rest = text.utf8[...]
    func digits() -> Int {
      let count = rest.prefix { (0x30...0x39).contains($0) }.count
      rest = rest.dropFirst(count)
      return count
    }
    if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
    let whole = digits()
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      guard digits() + whole > 0 else { return nil }
    } else if whole == 0 {
      return nil
    }
    if rest.first.map({ $0 | 0x20 == UInt8(ascii: "e") }) ?? false {
      rest = rest.dropFirst()
      if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
      guard digits() > 0 else { return nil }
    }
    guard rest.isEmpty else { return nil }
    var spelled = text
    if spelled.hasPrefix("+") { spelled.removeFirst() }
    guard let value = Double(spelled), value.isFinite else { return nil }
    return .double(value)
  }

  /// Whether a text is one of the forms of a time that Go's package knows: `2001-12-14`, `2001-12-14 21:59:43.1`,
  /// `2001-12-14T21:59:43Z`, with one or two digits in each part but the year.
  private static func isTime(_ text: String) -> Bool {
    var rest = text.utf8[...]
    func number(_ least: Int, _ most: Int, _ range: ClosedRange<Int>) -> Int? {
      let part = rest.prefix(most).prefix { (0x30...0x39).contains($0) }
      let value = part.reduce(0) { $0 * 10 + Int($1 - 0x30) }
      guard part.count >= least, range.contains(value) else { return nil }
      rest = rest.dropFirst(part.count)
      return value
    }
    func skip(_ character: Character) -> Bool {
      guard rest.first == character.asciiValue else { return false }
      rest = rest.dropFirst()
      return true
    }
    guard let year = number(4, 4, 0...9_999), skip("-"), let month = number(1, 2, 1...12), skip("-"),
      let day = number(1, 2, 1...31)
    else { return false }
    let padded = { (number: Int) in number < 10 ? "0\(number)" : "\(number)" }
    let yearText = String(repeating: "0", count: 4 - String(year).count) + String(year)
    guard Timestamp("\(yearText)-\(padded(month))-\(padded(day))T00:00:00Z") != nil else { return false }
    if rest.isEmpty { return true }
    let hasZone = skip("T") || skip("t")
    guard hasZone || skip(" "), number(1, 2, 0...23) != nil, skip(":"), number(1, 2, 0...59) != nil, skip(":"),
      number(1, 2, 0...59) != nil
    else { return false }
    if skip(".") {
      let digits = rest.prefix { (0x30...0x39).contains($0) }.count
      guard digits > 0 else { return false }
      rest = rest.dropFirst(digits)
    }
    guard hasZone else { return rest.isEmpty }
    if skip("Z") { return rest.isEmpty }
    guard skip("+") || skip("-"), number(2, 2, 0...24) != nil, skip(":"), number(2, 2, 0...59) != nil else {
      return false
    }
    return rest.isEmpty
  }
}
