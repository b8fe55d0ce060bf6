/// Reads addresses of the Internet Protocol as Go's `netip` does, and says what is wrong with them in its words.
struct CELAddressReader {
  /// Why a text is no address.
  struct Failure: Error {
    let problem: String
    /// From where on nothing fits; nil where no place is named.
    let place: String?

    func description(of text: String) -> String {
      "ParseAddr(\(text.goQuoted)): \(problem)" + (place.map { " (at \($0.goQuoted))" } ?? "")
    }
  }

  /// What has not been read yet.
  private var rest: Substring.UTF8View
  private var bytes: [UInt8] = []
  /// How many bytes stand before `::`.
  private var gap: Int?

  private init(_ text: Substring.UTF8View) { rest = text }

  /// The 4 or 16 bytes of an address, and whether a zone is named behind them.
  static func read(_ text: String) throws(Failure) -> (bytes: [UInt8], hasZone: Bool) {
    let whole = text[...].utf8
    switch whole.first(where: { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "%") }) {
    case UInt8(ascii: "."): return (try version4(whole), false)
    case UInt8(ascii: ":"):
      guard let mark = whole.firstIndex(of: UInt8(ascii: "%")) else { return (try version6(whole), false) }
      guard whole.index(after: mark) != whole.endIndex else {
        throw Failure(problem: "zone must be a non-empty string", place: nil)
      }
      return (try version6(whole[..<mark]), true)
    case nil: throw Failure(problem: "unable to parse IP", place: nil)
    default: throw Failure(problem: "missing IPv6 address", place: nil)
    }
  }

  private static func failure(_ problem: String, at rest: Substring.UTF8View? = nil) -> Failure {
    Failure(problem: problem, place: rest.map { String(Substring($0)) })
  }

  // MARK: Version 4

  private static func version4(_ text: Substring.UTF8View) throws(Failure) -> [UInt8] {
    var bytes: [UInt8] = []
    var field = 0
    var digits = 0
    for index in text.indices {
      switch text[index] {
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        guard digits != 1 || field != 0 else { throw failure("IPv4 field has octet with leading zero") }
        field = field * 10 + Int(text[index] - UInt8(ascii: "0"))
        digits += 1
        guard field <= 255 else { throw failure("IPv4 field has value >255") }
      case UInt8(ascii: "."):
        guard digits > 0, text.index(after: index) != text.endIndex else {
          throw failure("IPv4 field must have at least one digit", at: text[index...])
        }
        guard bytes.count < 3 else { throw failure("IPv4 address too long") }
        bytes.append(UInt8(field))
        field = 0
        digits = 0
      default: throw failure("unexpected character", at: text[index...])
      }
    }
    guard bytes.count == 3 else { throw failure("IPv4 address too short") }
    return bytes + [UInt8(field)]
  }

  // MARK: Version 6

  private static func version6(_ text: Substring.UTF8View) throws(Failure) -> [UInt8] {
    var reader = CELAddressReader(text)
    if text.starts(with: "::".utf8) {
      reader.gap = 0
      reader.rest = text.dropFirst(2)
      if reader.rest.isEmpty { return Array(repeating: 0, count: 16) }
    }
    while reader.bytes.count < 16, try reader.group() {}
    guard reader.rest.isEmpty else { throw failure("trailing garbage after address", at: reader.rest) }
    let missing = 16 - reader.bytes.count
    guard let gap = reader.gap else {
      guard missing == 0 else { throw failure("address string too short") }
      return reader.bytes
    }
    guard missing > 0 else { throw failure("the :: must expand to at least one field of zeros") }
    return reader.bytes[..<gap] + Array(repeating: 0, count: missing) + reader.bytes[gap...]
  }

  /// Reads one group and what parts it from the next; false where none follows.
  private mutating func group() throws(Failure) -> Bool {
    let start = rest
    var value = 0
    var digits = 0
    while let digit = rest.first.flatMap({ Character(Unicode.Scalar($0)).hexDigitValue }) {
      guard digits < 4 else { throw Self.failure("each group must have 4 or less digits", at: start) }
      value = value << 4 | digit
      digits += 1
      rest = rest.dropFirst()
    }
    guard digits > 0 else {
      throw Self.failure("each colon-separated field must have at least one digit", at: start)
    }
    if rest.first == UInt8(ascii: ".") {
      guard gap != nil || bytes.count == 12 else {
        throw Self.failure("embedded IPv4 address must replace the final 2 fields of the address", at: start)
      }
      guard bytes.count <= 12 else {
        throw Self.failure("too many hex fields to fit an embedded IPv4 at the end of the address", at: start)
      }
      bytes += try Self.version4(start)
      rest = rest.dropFirst(rest.count)
      return false
    }
    bytes += [UInt8(value >> 8), UInt8(value & 255)]
    guard let next = rest.first else { return false }
    guard next == UInt8(ascii: ":") else { throw Self.failure("unexpected character, want colon", at: rest) }
    guard rest.count > 1 else { throw Self.failure("colon must be followed by more characters", at: rest) }
    rest = rest.dropFirst()
    guard rest.first == UInt8(ascii: ":") else { return true }
    guard gap == nil else { throw Self.failure("multiple :: in address", at: rest) }
    gap = bytes.count
    rest = rest.dropFirst()
    return !rest.isEmpty
  }
}
