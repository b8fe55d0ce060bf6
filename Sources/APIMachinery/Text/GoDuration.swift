/// Durations as Go reads and writes them: `1h15m30.918s` (package time, ParseDuration and Duration.String).
public enum GoDuration {
  /// Why a text is no duration, in Go's words.
  private struct Problem: Error {
    let message: String
  }

  private static let units: [String: Int128] = [
    "ns": 1, "us": 1_000, "µs": 1_000, "μs": 1_000, "ms": 1_000_000, "s": 1_000_000_000, "m": 60_000_000_000,
    "h": 3_600_000_000_000,
  ]

  // MARK: Reading

  /// Nil where the text is a duration.
  public static func problem(_ text: String) -> String? {
    do {
      _ = try parse(text)
      return nil
    } catch { return error.message }
  }

  /// The duration; nil where the text is none, or longer than 292 years.
  public static func nanoseconds(_ text: String) -> Int64? { try? parse(text) }

  private static func parse(_ text: String) throws(Problem) -> Int64 {
    let invalid = Problem(message: "time: invalid duration \(text.goQuoted)")
    var rest = text.utf8[...]
    let isNegative = rest.first == UInt8(ascii: "-")
    if isNegative || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
    if rest.elementsEqual("0".utf8) { return 0 }
    if rest.isEmpty { throw invalid }
    var total: Int128 = 0
    while !rest.isEmpty {
      let whole = digits(&rest)
      var fraction = rest[rest.startIndex..<rest.startIndex]
      if rest.first == UInt8(ascii: ".") {
        rest.removeFirst()
        fraction = digits(&rest)
      }
      guard !whole.isEmpty || !fraction.isEmpty else { throw invalid }
      let unit = rest.prefix { $0 != UInt8(ascii: ".") && !(0x30...0x39).contains($0) }
      guard !unit.isEmpty else { throw Problem(message: "time: missing unit in duration \(text.goQuoted)") }
      rest = rest.dropFirst(unit.count)
      let name = String(Substring(unit))
      guard let scale = units[name] else {
        throw Problem(message: "time: unknown unit \(name.goQuoted) in duration \(text.goQuoted)")
      }
      // More digits than any count of nanoseconds has, but for zeros.
      let significant = whole.drop { $0 == 0x30 }
      guard significant.count <= 19 else { throw invalid }
      total += significant.reduce(Int128(0)) { $0 * 10 + Int128($1 - 0x30) } * scale
      var part = scale
      for digit in fraction {
        part /= 10
        total += part * Int128(digit - 0x30)
      }
      guard total <= Int128(Int64.max) + 1 else { throw invalid }
    }
    guard let nanoseconds = Int64(exactly: isNegative ? -total : total) else { throw invalid }
    return nanoseconds
  }

  private static func digits(_ rest: inout Substring.UTF8View) -> Substring.UTF8View {
    let digits = rest.prefix { (0x30...0x39).contains($0) }
    rest = rest.dropFirst(digits.count)
    return digits
  }

  // MARK: Writing

  /// A duration as Go's `Duration.String` writes it: `1h0m1.5s`.
  public static func text(nanoseconds: Int64) -> String {
    if nanoseconds == 0 { return "0s" }
    let sign = nanoseconds < 0 ? "-" : ""
    let all = nanoseconds.magnitude
    if all < 1_000 { return "\(sign)\(all)ns" }
    if all < 1_000_000 { return sign + decimal(all, 1_000) + "µs" }
    if all < 1_000_000_000 { return sign + decimal(all, 1_000_000) + "ms" }
    let seconds = all / 1_000_000_000
    var text = sign
    if seconds >= 3600 { text += "\(seconds / 3600)h" }
    if seconds >= 60 { text += "\(seconds / 60 % 60)m" }
    return text + decimal(all % 60_000_000_000, 1_000_000_000) + "s"
  }

  /// A number of smaller units in larger ones, without zeros at the end.
  static func decimal(_ number: UInt64, _ unit: UInt64) -> String {
    var fraction = String(number % unit + unit).dropFirst()
    while fraction.hasSuffix("0") { fraction = fraction.dropLast() }
    return fraction.isEmpty ? "\(number / unit)" : "\(number / unit).\(fraction)"
  }
}
