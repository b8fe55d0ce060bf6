extension JSONReader {
  /// Powers of ten that a double holds exactly.
  private static let powers: [Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
  ]

  /// Reads a number whose first byte stands at `index`. What has neither a fraction nor an exponent and fits is an
  /// integer, all else a double, as in Kubernetes' decoder.
  mutating func number(_ bytes: Span<UInt8>) throws(JSONError) -> JSONValue {
    let start = index
    let negative = bytes[index] == UInt8(ascii: "-")
    if negative {
      index &+= 1
      guard index < bytes.count else { throw .truncated("in numeric literal", at: index) }
    }
    // All digits as one number, its point ignored, while they fit: 19 digits do.
    var mantissa: UInt64 = 0
    var digits = 0
    guard Self.isDigit(bytes[index]) else {
      throw .unexpected(bytes[index], "in numeric literal", at: index)
    }
    if bytes[index] == UInt8(ascii: "0") {
      index &+= 1
      digits = 1
    } else {
      digits = scanDigits(bytes, into: &mantissa)
    }

    var scale = 0
    var whole = true
    if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
      whole = false
      index &+= 1
      try expectDigit(bytes, "after decimal point in numeric literal")
      scale = -scanDigits(bytes, into: &mantissa)
      digits -= scale
    }
    if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
      whole = false
      index &+= 1
      guard index < bytes.count else { throw .truncated("in exponent of numeric literal", at: index) }
      let downward = bytes[index] == UInt8(ascii: "-")
      if downward || bytes[index] == UInt8(ascii: "+") { index &+= 1 }
      try expectDigit(bytes, "in exponent of numeric literal")
      var exponent: UInt64 = 0
      // An exponent of many digits is too large or too small, whichever it is.
      if scanDigits(bytes, into: &exponent) > 18 { exponent = 1_000_000 }
      scale += downward ? -Int(exponent) : Int(exponent)
    }

    if digits <= 19 {
      if whole {
        if negative {
          if mantissa <= UInt64(Int64.max) + 1 {
            return .integer(Int64(truncatingIfNeeded: 0 &- mantissa))
          }
        } else if mantissa <= UInt64(Int64.max) {
          return .integer(Int64(mantissa))
        }
      }
      // Both numbers are exact as doubles, so that one operation rounds once and correctly.
      if mantissa <= 1 << 53, abs(scale) <= 22 {
        let magnitude =
          scale < 0 ? Double(mantissa) / Self.powers[-scale] : Double(mantissa) * Self.powers[scale]
        return .double(negative ? -magnitude : magnitude)
      }
    }
    var text: [UInt8] = []
    for position in start..<index { text.append(bytes[position]) }
    let spelled = String(decoding: text, as: UTF8.self)
    let value = Double(spelled) ?? 0
    guard value.isFinite else {
      throw JSONError(
        .range,
        "json: cannot unmarshal number \(spelled.prefix(100)) into Go value of type float64",
        at: start)
    }
    return .double(value)
  }

  @inline(__always)
  private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

  private func expectDigit(_ bytes: Span<UInt8>, _ context: String) throws(JSONError) {
    guard index < bytes.count else { throw .truncated(context, at: index) }
    guard Self.isDigit(bytes[index]) else { throw .unexpected(bytes[index], context, at: index) }
  }

  /// Reads digits and returns how many; a number that does not fit wraps.
  @inline(__always)
  private mutating func scanDigits(_ bytes: Span<UInt8>, into number: inout UInt64) -> Int {
    let start = index
    while index < bytes.count, Self.isDigit(bytes[index]) {
      number = number &* 10 &+ UInt64(bytes[index] &- UInt8(ascii: "0"))
      index &+= 1
    }
    return index - start
  }
}
