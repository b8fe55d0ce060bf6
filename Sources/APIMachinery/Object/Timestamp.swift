import FoundationEssentials

/// A point in time as objects carry it (RFC 3339, in UTC): with whole seconds in `Time` fields, with six digits of a
/// second in `MicroTime` fields.
public struct Timestamp: Sendable, Hashable, Comparable {
  /// Since 1970-01-01T00:00:00Z.
  public var seconds: Int64
  /// Of the second, from 0 to 999,999,999.
  public var nanoseconds: Int32

  public init(seconds: Int64, nanoseconds: Int32 = 0) {
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }

  public static var now: Timestamp {
    let time = Date().timeIntervalSince1970
    let whole = time.rounded(.down)
    return Timestamp(seconds: Int64(whole), nanoseconds: Int32(min((time - whole) * 1e9, 999_999_999)))
  }

  public static func < (a: Timestamp, b: Timestamp) -> Bool {
    (a.seconds, a.nanoseconds) < (b.seconds, b.nanoseconds)
  }

  /// Without what `Time` fields do not keep.
  public var inWholeSeconds: Timestamp { Timestamp(seconds: seconds) }

  /// From an earlier point to this one, in seconds.
  public func seconds(since earlier: Timestamp) -> Double {
    Double(seconds - earlier.seconds) + Double(nanoseconds - earlier.nanoseconds) / 1e9
  }

  /// So much later, or earlier; what would leave the range of seconds stays at its end.
  public func adding(seconds more: Int64) -> Timestamp {
    let (sum, overflow) = seconds.addingReportingOverflow(more)
    return Timestamp(seconds: overflow ? (more < 0 ? .min : .max) : sum, nanoseconds: nanoseconds)
  }

  /// The last second that RFC 3339 can write.
  public static let latest = Timestamp(seconds: 253_402_300_799)
}

extension Timestamp: CustomStringConvertible {
  /// With whole seconds: `2026-01-02T03:04:05Z`.
  public var description: String {
    var text = wholeSeconds
    text.append(UInt8(ascii: "Z"))
    return String(decoding: text, as: UTF8.self)
  }

  /// With six digits of a second: `2026-01-02T03:04:05.678901Z`.
  public var inMicroseconds: String {
    var text = wholeSeconds
    text.append(UInt8(ascii: "."))
    Self.append(Int64(nanoseconds / 1_000), 6, to: &text)
    text.append(UInt8(ascii: "Z"))
    return String(decoding: text, as: UTF8.self)
  }

  /// As bytes: every write has two times in it.
  private var wholeSeconds: [UInt8] {
    var (day, time) = seconds.quotientAndRemainder(dividingBy: 86_400)
    if time < 0 { (day, time) = (day - 1, time + 86_400) }
    let (year, month, dayOfMonth) = Self.date(day)
    var text: [UInt8] = []
    text.reserveCapacity(32)
    Self.append(year, 4, to: &text)
    func append(_ separator: Unicode.Scalar, _ number: Int64) {
      text.append(UInt8(ascii: separator))
      Self.append(number, 2, to: &text)
    }
    append("-", month)
    append("-", dayOfMonth)
    append("T", time / 3_600)
    append(":", time / 60 % 60)
    append(":", time % 60)
    return text
  }

  /// Appends a number with zeros before it, so that it has so many digits at least.
  private static func append(_ number: Int64, _ width: Int, to text: inout [UInt8]) {
    if number < 0 { text.append(UInt8(ascii: "-")) }
    var unit: UInt64 = 1
    for _ in 1..<width { unit *= 10 }
    while number.magnitude / unit >= 10 { unit *= 10 }
    while unit > 0 {
      text.append(UInt8(ascii: "0") + UInt8(number.magnitude / unit % 10))
      unit /= 10
    }
  }

  /// The date of a day counted from 1970-01-01 in the proleptic Gregorian calendar: eras of 400 years, whose years
  /// begin in March.
  static func date(_ day: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = day + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
  }

  /// The day of a date, counted from 1970-01-01.
  static func day(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let year = month <= 2 ? year - 1 : year
    let era = (year >= 0 ? year : year - 399) / 400
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }
}

extension Timestamp {
  /// Reads a time of RFC 3339 with any offset and any digits of a second; nil where the text is none.
  public init?(_ text: String) { self.init(text.utf8.span) }

  /// The same out of a text's bytes.
  public init?(_ text: Span<UInt8>) {
    var index = 0
    /// Digits at the index; nil where there are fewer.
    func number(_ digits: Int, _ index: inout Int) -> Int64? {
      guard index + digits <= text.count else { return nil }
      var number: Int64 = 0
      for place in index..<index + digits {
        let digit = text[place] &- 0x30
        guard digit < 10 else { return nil }
        number = number * 10 + Int64(digit)
      }
      index += digits
      return number
    }
    func skip(_ byte: UInt8, _ index: inout Int) -> Bool {
      guard index < text.count, text[index] == byte else { return false }
      index += 1
      return true
    }
    let dash = UInt8(ascii: "-")
    let colon = UInt8(ascii: ":")
    guard let year = number(4, &index), skip(dash, &index), let month = number(2, &index), skip(dash, &index),
      let day = number(2, &index), skip(UInt8(ascii: "T"), &index), let hour = number(2, &index),
      skip(colon, &index), let minute = number(2, &index), skip(colon, &index), let second = number(2, &index),
      (1...12).contains(month), (1...Self.days(in: month, of: year)).contains(day), hour < 24, minute < 60, second < 60
    else { return nil }
    var nanoseconds: Int64 = 0
    if skip(UInt8(ascii: "."), &index) {
      guard index < text.count, text[index] &- 0x30 < 10 else { return nil }
      var unit: Int64 = 100_000_000
      while index < text.count, text[index] &- 0x30 < 10 {
        nanoseconds += Int64(text[index] - 0x30) * unit
        unit /= 10
        index += 1
      }
    }
    var offset: Int64 = 0
    if !skip(UInt8(ascii: "Z"), &index) {
      let isAhead = skip(UInt8(ascii: "+"), &index)
      guard isAhead || skip(dash, &index), let hours = number(2, &index), skip(colon, &index),
        let minutes = number(2, &index), hours <= 24, minutes < 60
      else { return nil }
      offset = (hours * 3_600 + minutes * 60) * (isAhead ? 1 : -1)
    }
    guard index == text.count else { return nil }
    self.init(
      seconds: Self.day(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - offset,
      nanoseconds: Int32(nanoseconds))
  }

  private static func days(in month: Int64, of year: Int64) -> Int64 {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}
