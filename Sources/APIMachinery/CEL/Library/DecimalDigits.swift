/// The exact decimal digits of a number, for formats with a fixed count of places.
struct DecimalDigits {
  private let isNegative: Bool
  /// Set where there are no digits.
  private let special: String?
  /// From the most significant on.
  private var digits: [UInt8] = []
  /// How many of them stand before the point; may be negative.
  private var point = 0

  init(_ number: Double) {
    isNegative = number.sign == .minus
    guard number.isFinite else {
      special = number.isNaN ? "NaN" : number < 0 ? "-Inf" : "+Inf"
      return
    }
    special = nil
    guard number != 0 else { return }
    let exponent = Int(number.exponent) - 52
    let isSubnormal = number.magnitude < Double.leastNormalMagnitude
    var parts: [UInt32] = []
    var value = isSubnormal ? number.magnitude.significandBitPattern : number.magnitude.significandBitPattern | 1 << 52
    let scale = isSubnormal ? -1_074 : exponent
    while value > 0 {
      parts.append(UInt32(value % 1_000_000_000))
      value /= 1_000_000_000
    }
    // A negative power of two is a power of five with the point moved.
    Self.multiply(&parts, by: scale >= 0 ? 2 : 5, times: abs(scale))
    for (index, part) in parts.reversed().enumerated() {
      let text = String(part)
      let padding = index == 0 ? 0 : 9 - text.utf8.count
      digits += Array(repeating: 0, count: padding) + text.utf8.map { $0 - 0x30 }
    }
    point = digits.count + min(0, scale)
  }

  private static func multiply(_ parts: inout [UInt32], by factor: UInt64, times: Int) {
    for _ in 0..<times {
      var carry: UInt64 = 0
      for index in parts.indices {
        let product = UInt64(parts[index]) * factor + carry
        parts[index] = UInt32(product % 1_000_000_000)
        carry = product / 1_000_000_000
      }
      if carry > 0 { parts.append(UInt32(carry)) }
    }
  }

  /// Rounded to so many digits; halves go to the even digit.
  private func rounded(to count: Int) -> (digits: [UInt8], point: Int) {
    guard count < digits.count else { return (digits, point) }
    guard count >= 0 else { return ([], point) }
    var kept = Array(digits.prefix(count))
    let rest = digits[count...]
    let isHalf = rest.first == 5 && rest.dropFirst().allSatisfy { $0 == 0 }
    guard let first = rest.first, first >= 5, !isHalf || (kept.last ?? 0) % 2 == 1 else { return (kept, point) }
    var index = kept.count - 1
    while index >= 0 {
      if kept[index] < 9 {
        kept[index] += 1
        return (kept, point)
      }
      kept[index] = 0
      index -= 1
    }
    return ([1] + kept, point + 1)
  }

  /// As `%.2f` writes it.
  func fixed(_ places: Int) -> String {
    if let special { return special }
    let (digits, point) = rounded(to: point + places)
    func digit(_ place: Int) -> UInt8 { digits.indices.contains(place) ? digits[place] : 0 }
    var text = isNegative ? "-" : ""
    if point <= 0 { text += "0" } else { for place in 0..<point { text += String(digit(place)) } }
    if places > 0 {
      text += "."
      for place in point..<(point + places) { text += String(digit(place)) }
    }
    return text
  }

  /// As `%.2e` writes it.
  func scientific(_ places: Int) -> String {
    if let special { return special }
    let (digits, point) = rounded(to: places + 1)
    func digit(_ place: Int) -> UInt8 { digits.indices.contains(place) ? digits[place] : 0 }
    var text = (isNegative ? "-" : "") + String(digit(0))
    if places > 0 { text += "." + (1...places).map { String(digit($0)) }.joined() }
    let exponent = digits.isEmpty ? 0 : point - 1
    let magnitude = String(abs(exponent))
    return text + "e" + (exponent < 0 ? "-" : "+") + (magnitude.utf8.count < 2 ? "0" : "") + magnitude
  }
}
