/// Durations as people read them.
public enum HumanDuration {
  private static let day: Int64 = 24
  private static let year: Int64 = 24 * 365

  /// With two or three significant figures, as in the column AGE: `45s`, `5m10s`, `3h25m`, `2d4h`, `2y30d`.
  /// - Parameter seconds: a little below zero counts as now, since clocks differ.
  public static func text(seconds: Int64) -> String {
    if seconds < -1 { return "<invalid>" }
    if seconds < 0 { return "0s" }
    if seconds < 120 { return "\(seconds)s" }
    let minutes = seconds / 60
    if minutes < 10 { return pair(minutes, "m", seconds % 60, "s") }
    if minutes < 180 { return "\(minutes)m" }
    let hours = minutes / 60
    if hours < 8 { return pair(hours, "h", minutes % 60, "m") }
    if hours < 48 { return "\(hours)h" }
    if hours < 8 * day { return pair(hours / day, "d", hours % day, "h") }
    if hours < 2 * year { return "\(hours / day)d" }
    if hours < 8 * year { return pair(hours / year, "y", hours / day % 365, "d") }
    return "\(hours / year)y"
  }

  private static func pair(_ large: Int64, _ largeUnit: String, _ small: Int64, _ smallUnit: String) -> String {
    small == 0 ? "\(large)\(largeUnit)" : "\(large)\(largeUnit)\(small)\(smallUnit)"
  }

  /// With one figure: `45s`, `5m`, `3h`, `2d`, `2y`.
  public static func short(seconds: Int64) -> String {
    if seconds < -1 { return "<invalid>" }
    if seconds < 0 { return "0s" }
    if seconds < 60 { return "\(seconds)s" }
    let hours = seconds / 3_600
    if seconds < 3_600 { return "\(seconds / 60)m" }
    if hours < day { return "\(hours)h" }
    return hours < year ? "\(hours / day)d" : "\(hours / year)y"
  }

  /// How long ago a time was, as a text in an object: `<unknown>` where there is none, `<invalid>` where it is none.
  public static func since(_ text: String?, now: Timestamp) -> String {
    guard let text, !text.isEmpty, text != "null" else { return "<unknown>" }
    guard let time = Timestamp(text) else { return "<invalid>" }
    return HumanDuration.text(seconds: Int64(now.seconds(since: time)))
  }
}
