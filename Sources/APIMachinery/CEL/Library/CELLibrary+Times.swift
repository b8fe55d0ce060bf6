extension CELLibrary {
  static func addTimes(_ table: inout CELFunctionTable) {
    for (id, type) in [("duration_to_duration", CELType.duration), ("string_to_duration", .string)] {
      table.global("duration", id, [type], .duration) { values, _ in
        guard case .string(let text) = values[0] else { return values[0] }
        guard let duration = GoDuration.nanoseconds(text) else {
          throw CELEvaluationError("type conversion error from 'string' to 'google.protobuf.Duration'")
        }
        return .duration(duration)
      }
    }
    for (id, type) in [
      ("timestamp_to_timestamp", CELType.timestamp), ("string_to_timestamp", .string), ("int64_to_timestamp", .int),
    ] {
      table.global("timestamp", id, [type], .timestamp) { values, _ in
        switch values[0] {
        case .string(let text):
          guard let time = CELTime.parse(text) else {
            throw CELEvaluationError("type conversion error from 'string' to 'google.protobuf.Timestamp'")
          }
          return .timestamp(time, offset: CELTime.offset(writtenIn: text))
        case .int(let seconds): return .timestamp(try CELTime.checked(Timestamp(seconds: seconds)))
        default: return values[0]
        }
      }
    }
    for part in CELTime.Part.allCases {
      table.member(part.rawValue, "timestamp_to_\(part.rawValue)", .timestamp, .int) { values, _ in
        .int(CELTime.part(part, of: values[0], offset: 0))
      }
      table.member(part.rawValue, "timestamp_to_\(part.rawValue)_with_tz", .timestamp, [.string], .int) { values, _ in
        guard case .timestamp(let time, _) = values[0] else { throw CELEvaluationError.noSuchOverload }
        return .int(CELTime.part(part, of: values[0], offset: try CELTime.offset(values[1].string(), at: time)))
      }
    }
    for (name, unit) in [
      ("getHours", 3_600_000_000_000), ("getMinutes", 60_000_000_000), ("getSeconds", 1_000_000_000),
      ("getMilliseconds", 1_000_000),
    ] as [(String, Int64)] {
      table.member(name, "duration_to_\(name)", .duration, .int) { values, _ in
        guard case .duration(let nanoseconds) = values[0] else { throw CELEvaluationError.noSuchOverload }
        return .int(nanoseconds / unit)
      }
    }
  }
}

/// Durations as CEL writes them: in seconds with a fraction, `1.5s`.
enum CELDuration {
  static func text(_ nanoseconds: Int64) -> String {
    (nanoseconds < 0 ? "-" : "") + GoDuration.decimal(nanoseconds.magnitude, 1_000_000_000) + "s"
  }
}

/// Points in time, from year 1 to year 9999.
enum CELTime {
  enum Part: String, CaseIterable, Sendable {
    case year = "getFullYear"
    case month = "getMonth"
    case dayOfYear = "getDayOfYear"
    case dayOfMonth = "getDayOfMonth"
    case date = "getDate"
    case dayOfWeek = "getDayOfWeek"
    case hours = "getHours"
    case minutes = "getMinutes"
    case seconds = "getSeconds"
    case milliseconds = "getMilliseconds"
  }

  /// The seconds since 1970 that a time can have: of the years 1 to 9999.
  static let range: ClosedRange<Int64> = -62_135_596_800...253_402_300_799

  static func checked(_ time: Timestamp) throws -> Timestamp {
    guard range.contains(time.seconds) else {
      throw CELEvaluationError("timestamp overflow")
    }
    return time
  }

  /// Nil where the text is no time of RFC 3339, or out of bounds.
  static func parse(_ text: String) -> Timestamp? { Timestamp(text).flatMap { try? checked($0) } }

  static func add(_ time: Timestamp, _ nanoseconds: Int64) throws -> Timestamp {
    let total = Int64(time.nanoseconds) + nanoseconds % 1_000_000_000
    var seconds = time.seconds + nanoseconds / 1_000_000_000
    var rest = total % 1_000_000_000
    seconds += total / 1_000_000_000
    if rest < 0 {
      rest += 1_000_000_000
      seconds -= 1
    }
    return try checked(Timestamp(seconds: seconds, nanoseconds: Int32(rest)))
  }

  static func difference(_ a: Timestamp, _ b: Timestamp) throws -> Int64 {
    let total = Int128(a.seconds - b.seconds) * 1_000_000_000 + Int128(a.nanoseconds - b.nanoseconds)
    guard let nanoseconds = Int64(exactly: total) else { throw CELEvaluationError.integerOverflow }
    return nanoseconds
  }

  /// - Parameter offset: seconds east of UTC, the time of which is shown.
  static func text(_ time: Timestamp, offset: Int64) -> String {
    var text = String(time.adding(seconds: offset).description.dropLast())
    if time.nanoseconds > 0 {
      var digits = String(time.nanoseconds)
      digits = String(repeating: "0", count: 9 - digits.utf8.count) + digits
      while digits.hasSuffix("0") { digits.removeLast() }
      text += "." + digits
    }
    guard offset != 0 else { return text + "Z" }
    func two(_ number: UInt64) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let minutes = offset.magnitude / 60
    return text + (offset < 0 ? "-" : "+") + two(minutes / 60) + ":" + two(minutes % 60)
  }

  /// The offset at the end of a time of RFC 3339 that could be read.
  static func offset(writtenIn text: String) -> Int64 {
    let end = text.utf8.suffix(6).map { Int64($0) - 0x30 }
    guard end.count == 6, text.utf8.last != UInt8(ascii: "Z") else { return 0 }
    let seconds = (end[1] * 10 + end[2]) * 3_600 + (end[4] * 10 + end[5]) * 60
    return end[0] == Int64(UInt8(ascii: "-")) - 0x30 ? -seconds : seconds
  }

  /// Seconds east of UTC at a time.
  /// - Parameter zone: a name of the IANA time zone database, or hours and minutes: `-03:30`.
  /// - Throws: where it is neither.
  static func offset(_ zone: String, at time: Timestamp) throws -> Int64 {
    guard let colon = zone.firstIndex(of: ":") else {
      do throws(TimeZones.Failure) { return try TimeZones.zone(zone)?.offset(at: time.seconds) ?? 0 } catch {
        throw CELEvaluationError(error.message)
      }
    }
    guard let hours = Int64(zone[..<colon]), let minutes = Int64(zone[zone.index(after: colon)...]),
      (-99...99).contains(hours)
    else { throw CELEvaluationError("invalid time zone offset \(zone.goQuoted)") }
    guard (0...59).contains(minutes) else {
      throw CELEvaluationError("timezone offset minutes out of range [0, 59]: \(zone)")
    }
    return (hours * 60 + (zone.hasPrefix("-") ? -minutes : minutes)) * 60
  }

  static func part(_ part: Part, of value: CELValue, offset: Int64) -> Int64 {
    guard case .timestamp(let time, _) = value else { return 0 }
    let seconds = time.seconds + offset
    let day = (seconds >= 0 ? seconds : seconds - 86_399) / 86_400
    let date = Timestamp.date(day)
    let ofDay = seconds - day * 86_400
    switch part {
    case .year: return date.year
    case .month: return date.month - 1
    case .dayOfYear: return day - Timestamp.day(date.year, 1, 1)
    case .dayOfMonth: return date.day - 1
    case .date: return date.day
    case .dayOfWeek: return ((day + 4) % 7 + 7) % 7
    case .hours: return ofDay / 3_600
    case .minutes: return ofDay / 60 % 60
    case .seconds: return ofDay % 60
    case .milliseconds: return Int64(time.nanoseconds) / 1_000_000
    }
  }
}
