/// A moment, printed in RFC 3339 with up to nine digits of the second: Go's `time.Time`, whose zero value is the year 1.
public struct Timestamp: JSONCodable, Hashable, Comparable, CustomStringConvertible {
  public static let goType = "time.Time"

  /// Seconds of Go's zero time, 0001-01-01T00:00:00Z, relative to 1970.
  static let zeroSeconds: Int64 = -62_135_596_800

  /// Seconds since 1970-01-01T00:00:00Z.
  public var seconds: Int64
  /// 0 to 999,999,999.
  public var nanoseconds: Int64

  /// Go's zero time: "never".
  public init() {
    seconds = Self.zeroSeconds
    nanoseconds = 0
  }

  /// Makes a moment.
  public init(seconds: Int64, nanoseconds: Int64 = 0) {
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }

  /// Makes a moment from nanoseconds since 1970.
  public init(nanosecondsSince1970 total: Int64) {
    let (quotient, remainder) = total.quotientAndRemainder(dividingBy: 1_000_000_000)
    seconds = remainder < 0 ? quotient - 1 : quotient
    nanoseconds = remainder < 0 ? remainder + 1_000_000_000 : remainder
  }

  /// Makes a moment from the time since 1970.
  public init(since1970 duration: Duration) {
    let (whole, attoseconds) = duration.components
    seconds = attoseconds < 0 ? whole - 1 : whole
    nanoseconds = (attoseconds < 0 ? attoseconds + 1_000_000_000_000_000_000 : attoseconds) / 1_000_000_000
  }

  /// Nanoseconds since 1970; moments too far away stop at the ends of what 64 bits hold.
  public var nanosecondsSince1970: Int64 {
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    if overflow { return seconds < 0 ? .min : .max }
    let (sum, carry) = product.addingReportingOverflow(nanoseconds)
    return carry ? .max : sum
  }

  /// True for the zero time.
  public var isZero: Bool { seconds == Self.zeroSeconds && nanoseconds == 0 }

  public static func < (left: Timestamp, right: Timestamp) -> Bool {
    (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
  }

  /// RFC 3339 in UTC without needless zeros: Go's `RFC3339Nano`.
  public var description: String {
    var text = wholeSeconds
    if nanoseconds > 0 {
      var digits = Self.padded(nanoseconds, 9)
      while digits.last == "0" { digits.removeLast() }
      text += "." + digits
    }
    return text + "Z"
  }

  /// RFC 3339 in UTC with all nine digits, as `docker logs --timestamps` prints it.
  public var fixedWidth: String {
    wholeSeconds + "." + Self.padded(nanoseconds, 9) + "Z"
  }

  private var wholeSeconds: String {
    var (day, second) = seconds.quotientAndRemainder(dividingBy: 86_400)
    if second < 0 { (day, second) = (day - 1, second + 86_400) }
    let (year, month, date) = CivilDate.date(ofDay: day)
    return Self.padded(year, 4) + "-" + Self.padded(month, 2) + "-" + Self.padded(date, 2) + "T"
      + Self.padded(second / 3600, 2) + ":" + Self.padded(second / 60 % 60, 2) + ":" + Self.padded(second % 60, 2)
  }

  static func padded(_ number: Int64, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }

  public func writeJSON(to writer: inout JSONWriter) {
    writer.string(description)
  }

  public mutating func readJSON(_ value: JSONValue, _ reader: inout JSONReader) {
    switch value {
    case .null: return
    case .string(let text):
      if let moment = Timestamp(rfc3339: text) {
        self = moment
      } else {
        reader.fail("parsing time \"\(text)\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"\(text)\" as \"2006\"")
      }
    default: reader.fail("Time.UnmarshalJSON: input is not a JSON string")
    }
  }
}

/// The proleptic Gregorian calendar in days since 1970-01-01.
enum CivilDate {
  /// Year, month (1…12) and date (1…31) of a day. Years are counted from March in eras of 400, so that leap days come last.
  static func date(ofDay day: Int64) -> (year: Int64, month: Int64, date: Int64) {
    let shifted = day + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
  }

  /// The day of a date; nil for one that the calendar does not have.
  static func day(year: Int64, month: Int64, date: Int64) -> Int64? {
    guard (1...12).contains(month), date >= 1, (0...9999).contains(year) else { return nil }
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let lengths: [Int64] = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    guard date <= lengths[Int(month - 1)] else { return nil }
    let shifted = month <= 2 ? year - 1 : year
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + date - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }
}
