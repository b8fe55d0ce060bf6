/// Whether a text is a time as Kubernetes' built-in kinds take it (RFC 3339), and what Go says where it is not.
enum GoTime {
  enum Precision {
    case seconds
    /// Six digits after the point, neither more nor fewer.
    case microseconds
  }

  /// Nil where the text is a time.
  static func problem(_ text: String, _ precision: Precision) -> String? {
    var reader = Reader(text, precision)
    return reader.problem()
  }

  private struct Reader {
    private let text: String
    private let bytes: [UInt8]
    private let precision: Precision
    private var position = 0

    init(_ text: String, _ precision: Precision) {
      self.text = text
      bytes = Array(text.utf8)
      self.precision = precision
    }

    private var layout: String {
      precision == .seconds ? "2006-01-02T15:04:05Z07:00" : "2006-01-02T15:04:05.000000Z07:00"
    }

    private func cannotParse(_ start: Int, _ element: String) -> String {
      let rest = String(decoding: bytes[start...], as: UTF8.self)
      return "parsing time \(text.goQuoted) as \(layout.goQuoted): cannot parse \(rest.goQuoted) as \(element.goQuoted)"
    }

    private func outOfRange(_ what: String) -> String { "parsing time \(text.goQuoted): \(what) out of range" }

    /// A number of so many digits; nil where there is none.
    private mutating func number(_ digits: Int) -> Int? {
      guard position + digits <= bytes.count else { return nil }
      var value = 0
      for byte in bytes[position..<(position + digits)] {
        guard (0x30...0x39).contains(byte) else { return nil }
        value = value * 10 + Int(byte - 0x30)
      }
      position += digits
      return value
    }

    private mutating func take(_ byte: UInt8) -> Bool {
      guard position < bytes.count, bytes[position] == byte else { return false }
      position += 1
      return true
    }

    private static let elements: [(text: String, digits: Int, range: ClosedRange<Int>, name: String)] = [
      ("2006", 4, 0...9999, "year"), ("-", 0, 0...0, ""), ("01", 2, 1...12, "month"), ("-", 0, 0...0, ""),
      ("02", 2, 1...31, "day"), ("T", 0, 0...0, ""), ("15", 2, 0...23, "hour"), (":", 0, 0...0, ""),
      ("04", 2, 0...59, "minute"), (":", 0, 0...0, ""), ("05", 2, 0...59, "second"),
    ]

    mutating func problem() -> String? {
      var year = 0
      var month = 0
      var day = 0
      for element in Self.elements {
        let start = position
        if element.digits == 0 {
          guard take(element.text.utf8.first ?? 0) else { return cannotParse(start, element.text) }
          continue
        }
        guard let value = number(element.digits) else { return cannotParse(start, element.text) }
        guard element.range.contains(value) else { return outOfRange(element.name) }
        switch element.name {
        case "year": year = value
        case "month": month = value
        case "day": day = value
        default: break
        }
      }
      if let problem = fraction() ?? zone() { return problem }
      if position < bytes.count {
        let rest = String(decoding: bytes[position...], as: UTF8.self)
        return "parsing time \(text.goQuoted): extra text: \(rest.goQuoted)"
      }
      return day > Self.days(in: month, of: year) ? outOfRange("day") : nil
    }

    private mutating func fraction() -> String? {
      let start = position
      let point = position < bytes.count && (bytes[position] == 0x2E || bytes[position] == 0x2C)
      switch precision {
      case .seconds:
        guard point, position + 1 < bytes.count, (0x30...0x39).contains(bytes[position + 1]) else { return nil }
        position += 1
        while position < bytes.count, (0x30...0x39).contains(bytes[position]) { position += 1 }
        return nil
      case .microseconds:
        guard point else { return cannotParse(start, ".000000") }
        position += 1
        guard number(6) != nil else { return cannotParse(start, ".000000") }
        return nil
      }
    }

    private mutating func zone() -> String? {
      let start = position
      if take(0x5A) { return nil }
      guard take(0x2B) || take(0x2D), let hours = number(2), take(0x3A), let minutes = number(2) else {
        return cannotParse(start, "Z07:00")
      }
      guard hours <= 24 else { return outOfRange("time zone offset hour") }
      return minutes < 60 ? nil : outOfRange("time zone offset minute")
    }

    private static func days(in month: Int, of year: Int) -> Int {
      switch month {
      case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
      case 4, 6, 9, 11: 30
      default: 31
      }
    }
  }
}

extension GoTime {
  /// Whether a text is a date, `2006-01-02`.
  static func isDate(_ text: String) -> Bool {
    text.utf8.count == 10 && problem(text + "T00:00:00Z", .seconds) == nil
  }
}

extension GoTime {
  /// The seconds since 1970 of a time that RFC 3339 writes; 0 where it is missing or none.
  static func seconds(_ text: String?) -> Int64 {
    guard let text, problem(text, .seconds) == nil else { return 0 }
    return Timestamp(text)?.seconds ?? 0
  }
}
