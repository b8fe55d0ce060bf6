/// Whether a text is a duration as Go reads it (`1h15m30.918s`), and what Go says where it is not.
public enum GoDuration {
  /// Nil where the text is a duration.
  public static func problem(_ text: String) -> String? {
    var rest = text.utf8[...]
    if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { rest.removeFirst() }
    if rest.elementsEqual("0".utf8) { return nil }
    if rest.isEmpty { return "time: invalid duration \(text.goQuoted)" }
    while !rest.isEmpty {
      let whole = digits(&rest)
      var fraction = 0
      if rest.first == UInt8(ascii: ".") {
        rest.removeFirst()
        fraction = digits(&rest)
      }
      guard whole + fraction > 0 else { return "time: invalid duration \(text.goQuoted)" }
      let unit = rest.prefix { $0 != UInt8(ascii: ".") && !(0x30...0x39).contains($0) }
      guard !unit.isEmpty else { return "time: missing unit in duration \(text.goQuoted)" }
      rest = rest.dropFirst(unit.count)
      let name = String(Substring(unit))
      guard ["ns", "us", "µs", "μs", "ms", "s", "m", "h"].contains(name) else {
        return "time: unknown unit \(name.goQuoted) in duration \(text.goQuoted)"
      }
    }
    return nil
  }

  private static let units: [String: Double] = [
    "ns": 1, "us": 1e3, "µs": 1e3, "μs": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9,
  ]

  /// The duration; nil where the text is none. One beyond what Go can count ends there.
  public static func nanoseconds(_ text: String) -> Int64? {
    guard problem(text) == nil else { return nil }
    var rest = text.utf8[...]
    let isNegative = rest.first == UInt8(ascii: "-")
    if isNegative || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
    var total = 0.0
    while !rest.isEmpty {
      let number = rest.prefix { $0 == UInt8(ascii: ".") || (0x30...0x39).contains($0) }
      rest = rest.dropFirst(number.count)
      let unit = rest.prefix { $0 != UInt8(ascii: ".") && !(0x30...0x39).contains($0) }
      rest = rest.dropFirst(unit.count)
      var digits = String(Substring(number))
      if digits.hasPrefix(".") { digits = "0" + digits }
      if digits.hasSuffix(".") { digits += "0" }
      // Only a zero may stand without a unit.
      total += (Double(digits) ?? 0) * (units[String(Substring(unit))] ?? 0)
    }
    let largest = Double(Int64.max)
    let nanoseconds = total >= largest ? Int64.max : Int64(total.rounded())
    return isNegative ? -nanoseconds : nanoseconds
  }

  private static func digits(_ rest: inout Substring.UTF8View) -> Int {
    let count = rest.prefix { (0x30...0x39).contains($0) }.count
    rest = rest.dropFirst(count)
    return count
  }
}
