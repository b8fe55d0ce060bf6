extension Timestamp {
  /// Reads RFC 3339 (`2006-01-02T15:04:05.999999999+07:00`); nil for anything else.
  public init?(rfc3339 text: String) {
    guard text.contains("T"), text.last == "Z" || text.last == "z" || text.utf8.count > 20 else { return nil }
    guard let moment = Timestamp.parse(text, needsZone: true, needsSeconds: true) else { return nil }
    self = moment
  }

  /// Reads what `since` and `until` take: seconds since 1970 with an optional fraction, a date or a time with or without zone,
  /// or a duration (`1h30m`) before `now`. Clients resolve the latter forms themselves; other users send them as they are.
  ///
  /// - Throws: ``QueryError`` in Docker's words.
  public static func parseBound(_ text: String, now: Timestamp) throws(QueryError) -> Timestamp {
    if let moment = unixTime(text) { return moment }
    if let duration = GoDuration.nanoseconds(text) {
      let (moment, overflow) = now.nanosecondsSince1970.subtractingReportingOverflow(duration)
      // A duration below zero leads into the future, and may lead too far.
      return Timestamp(nanosecondsSince1970: overflow ? .max : moment)
    }
    if let moment = parse(text, needsZone: false, needsSeconds: false) { return moment }
    throw QueryError("failed to parse value as time or duration: \"\(text)\"")
  }

  /// `1136073600.000000001`
  static func unixTime(_ text: String) -> Timestamp? {
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = parts.first, let seconds = Int64(first) else { return nil }
    guard parts.count == 2 else { return Timestamp(seconds: seconds) }
    guard let nanoseconds = fraction(parts[1]) else { return nil }
    return Timestamp(seconds: seconds, nanoseconds: nanoseconds)
  }

  /// The digits after a point as nanoseconds; what is finer is cut off.
  private static func fraction(_ digits: Substring) -> Int64? {
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
      return nil
    }
    let nine = String((digits + "000000000").prefix(9))
    return Int64(nine)
  }

  private static func parse(_ text: String, needsZone: Bool, needsSeconds: Bool) -> Timestamp? {
    var rest = Substring(text)
    guard let year = number(&rest, 4), eat("-", &rest), let month = number(&rest, 2), eat("-", &rest),
      let date = number(&rest, 2), let day = CivilDate.day(year: year, month: month, date: date)
    else { return nil }
    var second: Int64 = 0
    var nanoseconds: Int64 = 0
    if rest.first == "T" || rest.first == "t" {
      rest.removeFirst()
      guard let hour = number(&rest, 2), hour < 24 else { return nil }
      second = hour * 3600
      if eat(":", &rest) {
        guard let minute = number(&rest, 2), minute < 60 else { return nil }
        second += minute * 60
        if eat(":", &rest) {
          guard let seconds = number(&rest, 2), seconds < 60 else { return nil }
          second += seconds
          if eat(".", &rest) {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            guard let part = fraction(digits) else { return nil }
            nanoseconds = part
            rest = rest.dropFirst(digits.count)
          }
        } else if needsSeconds {
          return nil
        }
      } else if needsSeconds {
        return nil
      }
    } else if needsSeconds {
      return nil
    }
    guard let offset = zone(&rest, needed: needsZone), rest.isEmpty else { return nil }
    return Timestamp(seconds: day * 86_400 + second - offset, nanoseconds: nanoseconds)
  }

  /// Seconds east of Greenwich.
  private static func zone(_ rest: inout Substring, needed: Bool) -> Int64? {
    if rest.isEmpty { return needed ? nil : 0 }
    if eat("Z", &rest) || eat("z", &rest) { return 0 }
    let sign: Int64 = rest.first == "-" ? -1 : 1
    guard eat("+", &rest) || eat("-", &rest), let hours = number(&rest, 2), hours < 24, eat(":", &rest),
      let minutes = number(&rest, 2), minutes < 60
    else { return nil }
    return sign * (hours * 3600 + minutes * 60)
  }

  private static func number(_ rest: inout Substring, _ digits: Int) -> Int64? {
    let text = rest.prefix(digits)
    guard text.utf8.count == digits, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else { return nil }
    rest = rest.dropFirst(digits)
    return Int64(text)
  }

  private static func eat(_ character: Character, _ rest: inout Substring) -> Bool {
    guard rest.first == character else { return false }
    rest.removeFirst()
    return true
  }
}
