/// Whether a text is a duration as Go reads it (`1h15m30.918s`), and what Go says where it is not.
enum GoDuration {
  /// Nil where the text is a duration.
  static func problem(_ text: String) -> String? {
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

  private static func digits(_ rest: inout Substring.UTF8View) -> Int {
    let count = rest.prefix { (0x30...0x39).contains($0) }.count
    rest = rest.dropFirst(count)
    return count
  }
}
