/// How long something has lasted, as `kubectl` shows it: two units at most, the shorter the more exact.
public enum HumanDuration {
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
    if hours < 192 { return pair(hours / 24, "d", hours % 24, "h") }
    if hours < 24 * 365 * 2 { return "\(hours / 24)d" }
    if hours < 24 * 365 * 8 { return pair(hours / 24 / 365, "y", hours / 24 % 365, "d") }
    return "\(hours / 24 / 365)y"
  }

  private static func pair(_ large: Int64, _ unit: String, _ small: Int64, _ smallUnit: String) -> String {
    small == 0 ? "\(large)\(unit)" : "\(large)\(unit)\(small)\(smallUnit)"
  }
}
