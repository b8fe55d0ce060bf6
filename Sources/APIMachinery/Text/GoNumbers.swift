extension Double {
  /// The shortest digits that give this number back, and where the point stands: 0.digits × 10^point. Finite numbers only.
  private var shortest: (digits: [UInt8], point: Int) {
    var digits: [UInt8] = []
    var point: Int?
    var exponent = 0
    var parts = magnitude.description.utf8[...]
    if let mark = parts.firstIndex(of: UInt8(ascii: "e")) {
      exponent = Int(String(Substring(parts[parts.index(after: mark)...]))) ?? 0
      parts = parts[..<mark]
    }
    for byte in parts {
      if byte == UInt8(ascii: ".") {
        point = digits.count
      } else {
        digits.append(byte)
      }
    }
    var place = (point ?? digits.count) + exponent
    while digits.count > 1, digits.last == UInt8(ascii: "0") { digits.removeLast() }
    while digits.count > 1, digits.first == UInt8(ascii: "0") {
      digits.removeFirst()
      place -= 1
    }
    return (digits, digits == [UInt8(ascii: "0")] ? 1 : place)
  }

  /// As Go's JSON encoder writes it: plain from 1e-6 up to 1e21, else with an exponent without leading zeros.
  var goJSON: String { go(exponentFrom: 21, to: -6, exponentDigits: 1) }

  /// As Go's `%v` shows it: the shortest digits, with an exponent from 1e6 on and below 1e-4.
  public var goDescription: String {
    if isNaN { return "NaN" }
    if isInfinite { return self < 0 ? "-Inf" : "+Inf" }
    return go(exponentFrom: 6, to: -4, exponentDigits: 2)
  }

  private func go(exponentFrom top: Int, to bottom: Int, exponentDigits: Int) -> String {
    let (digits, point) = shortest
    var text: [UInt8] = sign == .minus ? [UInt8(ascii: "-")] : []
    let zero = UInt8(ascii: "0")
    let exponent = point - 1
    if self != 0, exponent < bottom || exponent >= top {
      text.append(digits[0])
      if digits.count > 1 {
        text.append(UInt8(ascii: "."))
        text += digits[1...]
      }
      text.append(UInt8(ascii: "e"))
      text.append(exponent < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+"))
      let written = String(exponent.magnitude).utf8
      if written.count < exponentDigits { text.append(zero) }
      text += written
    } else if point <= 0 {
      text += [zero, UInt8(ascii: ".")]
      text += repeatElement(zero, count: -point)
      text += digits
    } else if digits.count <= point {
      text += digits
      text += repeatElement(zero, count: point - digits.count)
    } else {
      text += digits[..<point]
      text.append(UInt8(ascii: "."))
      text += digits[point...]
    }
    return String(decoding: text, as: UTF8.self)
  }
}
