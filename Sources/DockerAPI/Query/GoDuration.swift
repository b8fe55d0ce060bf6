/// Durations as Go writes them: `1h30m`, `1.5s`, `300ms`.
public enum GoDuration {
  /// Nanoseconds; nil for what is not a duration (a number needs a unit).
  public static func nanoseconds(_ text: String) -> Int64? {
    var rest = Substring(text)
    var sign = 1.0
    if rest.first == "-" || rest.first == "+" {
      sign = rest.removeFirst() == "-" ? -1 : 1
    }
    guard !rest.isEmpty else { return nil }
    var total = 0.0
    while !rest.isEmpty {
      let digits = rest.prefix { ($0.isASCII && $0.isNumber) || $0 == "." }
      guard let value = Double(digits) else { return nil }
      rest = rest.dropFirst(digits.count)
      let unit = rest.prefix { !($0.isASCII && $0.isNumber) && $0 != "." }
      rest = rest.dropFirst(unit.count)
      switch unit {
      case "ns": total += value
      case "us", "µs", "μs": total += value * 1e3
      case "ms": total += value * 1e6
      case "s": total += value * 1e9
      case "m": total += value * 60e9
      case "h": total += value * 3600e9
      default: return nil
      }
    }
    return Int64(exactly: (sign * total).rounded(.towardZero))
  }
}
