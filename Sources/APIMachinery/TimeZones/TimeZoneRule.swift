/// When a place's clocks change in every year to come: the text at the end of a time zone's file (POSIX `TZ`, with the extension of
/// RFC 9636, section 3.3.1).
struct TimeZoneRule: Sendable, Equatable {
  /// Seconds east of UTC.
  let standard: Int64
  /// Nil where clocks do not change.
  let summer: Summer?

  struct Summer: Sendable, Equatable {
    let offset: Int64
    let start: Change
    let end: Change
  }

  /// A moment of a year by the clocks before it.
  struct Change: Sendable, Equatable {
    enum Day: Sendable, Equatable {
      /// From 1 to 365; the leap day is never counted.
      case julian(Int64)
      /// From 0 to 365.
      case ofYear(Int64)
      /// A day of the week (Sunday is 0), in the week of a month; 5 is the last.
      case weekday(month: Int64, week: Int64, day: Int64)
    }

    let day: Day
    /// Seconds after midnight; may lie in another day.
    let time: Int64

    /// Seconds since 1970 by those clocks.
    func seconds(in year: Int64) -> Int64 {
      let start = Timestamp.day(year, 1, 1)
      let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
      let day: Int64
      switch self.day {
      case .julian(let number): day = start + number - (isLeap && number >= 60 ? 0 : 1)
      case .ofYear(let number): day = start + number
      case .weekday(let month, let week, let weekday):
        let first = Timestamp.day(year, month, 1)
        let next = month == 12 ? Timestamp.day(year + 1, 1, 1) : Timestamp.day(year, month + 1, 1)
        // 1970-01-01 was a Thursday.
        let ofFirst = ((first + 4) % 7 + 7) % 7
        var found = first + (weekday - ofFirst + 7) % 7 + (week - 1) * 7
        while found >= next { found -= 7 }
        day = found
      }
      return day * 86_400 + time
    }
  }

  /// Nil where the text is no rule.
  init?(_ text: String) {
    var reader = Reader(rest: text.utf8[...])
    guard reader.name(), let west = reader.time(hours: 24) else { return nil }
    standard = -west
    guard !reader.rest.isEmpty else {
      summer = nil
      return
    }
    guard reader.name() else { return nil }
    var offset = standard + 3_600
    if let next = reader.rest.first, next != UInt8(ascii: ",") {
      guard let west = reader.time(hours: 24) else { return nil }
      offset = -west
    }
    guard let start = reader.change(), let end = reader.change(), reader.rest.isEmpty else { return nil }
    summer = Summer(offset: offset, start: start, end: end)
  }

  func offset(at seconds: Int64) -> Int64 {
    guard let summer else { return standard }
    let local = seconds &+ standard
    let year = Timestamp.date((local >= 0 ? local : local &- 86_399) / 86_400).year
    let start = summer.start.seconds(in: year) - standard
    let end = summer.end.seconds(in: year) - summer.offset
    // South of the equator the year begins in summer.
    let isSummer = start < end ? seconds >= start && seconds < end : seconds >= start || seconds < end
    return isSummer ? summer.offset : standard
  }

  private struct Reader {
    var rest: Substring.UTF8View

    private mutating func skip(_ byte: UInt8) -> Bool {
      guard rest.first == byte else { return false }
      rest = rest.dropFirst()
      return true
    }

    private mutating func number(_ range: ClosedRange<Int64>) -> Int64? {
      let digits = rest.prefix { (0x30...0x39).contains($0) }
      guard !digits.isEmpty, digits.count <= 3 else { return nil }
      rest = rest.dropFirst(digits.count)
      let value = digits.reduce(Int64(0)) { $0 * 10 + Int64($1 - 0x30) }
      return range.contains(value) ? value : nil
    }

    /// Passes over letters, or anything in angle brackets.
    mutating func name() -> Bool {
      if skip(UInt8(ascii: "<")) {
        let name = rest.prefix { $0 != UInt8(ascii: ">") }
        rest = rest.dropFirst(name.count)
        return !name.isEmpty && skip(UInt8(ascii: ">"))
      }
      let name = rest.prefix { (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) }
      rest = rest.dropFirst(name.count)
      return name.count >= 3
    }

    /// `hh[:mm[:ss]]` with a sign, in seconds.
    mutating func time(hours: Int64) -> Int64? {
      let isNegative = skip(UInt8(ascii: "-"))
      if !isNegative { _ = skip(UInt8(ascii: "+")) }
      guard var seconds = number(0...hours).map({ $0 * 3_600 }) else { return nil }
      for unit in [Int64(60), 1] where skip(UInt8(ascii: ":")) {
        guard let part = number(0...59) else { return nil }
        seconds += part * unit
      }
      return isNegative ? -seconds : seconds
    }

    /// `,date[/time]`.
    mutating func change() -> Change? {
      guard skip(UInt8(ascii: ",")) else { return nil }
      let day: Change.Day
      if skip(UInt8(ascii: "M")) {
        guard let month = number(1...12), skip(UInt8(ascii: ".")), let week = number(1...5), skip(UInt8(ascii: ".")),
          let weekday = number(0...6)
        else { return nil }
        day = .weekday(month: month, week: week, day: weekday)
      } else if skip(UInt8(ascii: "J")) {
        guard let number = number(1...365) else { return nil }
        day = .julian(number)
      } else {
        guard let number = number(0...365) else { return nil }
        day = .ofYear(number)
      }
      guard skip(UInt8(ascii: "/")) else { return Change(day: day, time: 7_200) }
      return time(hours: 167).map { Change(day: day, time: $0) }
    }
  }
}
