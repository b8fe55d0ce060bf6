import Linux

/// Points of time as image configs write them (RFC 3339, UTC, nanoseconds).
enum Timestamp {
  static func now() -> String { text(Clock.realtime) }

  /// - Parameter nanoseconds: since 1970.
  static func text(_ nanoseconds: Int64) -> String {
    let seconds = nanoseconds.quotientFloor(1_000_000_000)
    let fraction = nanoseconds - seconds * 1_000_000_000
    let days = seconds.quotientFloor(86400)
    let time = seconds - days * 86400
    let (year, month, day) = civil(days)
    return
      "\(pad(year, 4))-\(pad(month, 2))-\(pad(day, 2))T\(pad(time / 3600, 2)):\(pad(time / 60 % 60, 2)):\(pad(time % 60, 2))"
      + ".\(pad(fraction, 9))Z"
  }

  private static func pad(_ value: Int64, _ width: Int) -> String {
    let text = String(value)
    return String(repeating: "0", count: max(0, width - text.count)) + text
  }

  /// Date of a day counted from 1970-01-01 in the proleptic Gregorian calendar: years begin in March, so that the leap
  /// day comes last.
  private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let z = days + 719_468
    let era = z.quotientFloor(146_097)
    let dayOfEra = z - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
  }
}

extension Int64 {
  /// Division that rounds down.
  func quotientFloor(_ divisor: Int64) -> Int64 {
    let quotient = self / divisor
    return self % divisor < 0 ? quotient - 1 : quotient
  }
}
