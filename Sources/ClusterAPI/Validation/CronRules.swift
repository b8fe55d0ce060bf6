/// Times as cron writes them: five fields, or one of a few names (crontab(5)).
enum CronRules {
  private static let fields: [(name: String, low: Int, high: Int, words: [String])] = [
    ("minute", 0, 59, []), ("hour", 0, 23, []), ("day of month", 1, 31, []),
    (
      "month", 1, 12,
      ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
    ),
    ("day of week", 0, 6, ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
  ]
  private static let names: Set<String> = [
    "@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly",
  ]

  /// What is wrong with a schedule; nil where all is well.
  static func problem(_ schedule: String) -> String? {
    var schedule = Substring(schedule)
    if schedule.hasPrefix("TZ=") || schedule.hasPrefix("CRON_TZ=") {
      guard let space = schedule.firstIndex(of: " ") else { return "provided bad location" }
      schedule = schedule[space...].drop { $0 == " " }
    }
    if schedule.hasPrefix("@") {
      if names.contains(String(schedule)) { return nil }
      if schedule.hasPrefix("@every ") {
        return isDuration(schedule.dropFirst(7)) ? nil : "failed to parse duration \(schedule)"
      }
      return "unrecognized descriptor: \(schedule)"
    }
    let parts = schedule.split(whereSeparator: \.isWhitespace)
    guard parts.count == 5 else {
      return "expected exactly 5 fields, found \(parts.count): [\(parts.joined(separator: " "))]"
    }
    for (part, field) in zip(parts, fields) {
      for item in part.split(separator: ",", omittingEmptySubsequences: false) {
        if let problem = problem(item, field) { return problem }
      }
    }
    return nil
  }

  private static func problem(
    _ item: Substring, _ field: (name: String, low: Int, high: Int, words: [String])
  ) -> String? {
    let steps = item.split(separator: "/", omittingEmptySubsequences: false)
    let ends = steps[0].split(separator: "-", omittingEmptySubsequences: false)
    var low = field.low
    var high = field.high
    if ends[0] == "*" || ends[0] == "?" {
      guard ends.count == 1 else { return "too many hyphens: \(item)" }
    } else {
      guard let first = number(ends[0], field) else { return "failed to parse int from \(ends[0]): invalid syntax" }
      low = first
      switch ends.count {
      case 1: high = steps.count > 1 ? field.high : first
      case 2:
        guard let last = number(ends[1], field) else { return "failed to parse int from \(ends[1]): invalid syntax" }
        high = last
      default: return "too many hyphens: \(item)"
      }
    }
    switch steps.count {
    case 1: break
    case 2:
      guard let step = Int(steps[1]), step >= 0 else { return "failed to parse int from \(steps[1]): invalid syntax" }
      if step == 0 { return "step of range should be a positive number: \(item)" }
    default: return "too many slashes: \(item)"
    }
    if low < field.low { return "beginning of range (\(low)) below minimum (\(field.low)): \(item)" }
    if high > field.high { return "end of range (\(high)) above maximum (\(field.high)): \(item)" }
    if low > high { return "beginning of range (\(low)) beyond end of range (\(high)): \(item)" }
    return nil
  }

  private static func number(
    _ text: Substring, _ field: (name: String, low: Int, high: Int, words: [String])
  ) -> Int? {
    if let index = field.words.firstIndex(of: text.lowercased()) { return index + (field.low == 1 ? 1 : 0) }
    guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return Int(text)
  }

  /// Numbers with units, as Go writes a duration.
  private static func isDuration(_ text: Substring) -> Bool {
    var rest = text
    guard !rest.isEmpty else { return false }
    while !rest.isEmpty {
      let number = rest.prefix { $0.isNumber || $0 == "." }
      guard !number.isEmpty else { return false }
      rest = rest.dropFirst(number.count)
      guard let unit = ["ms", "us", "ns", "µs", "h", "m", "s"].first(where: rest.hasPrefix) else { return false }
      rest = rest.dropFirst(unit.count)
    }
    return true
  }
}
