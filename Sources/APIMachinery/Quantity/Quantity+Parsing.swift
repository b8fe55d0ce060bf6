/// Why a text is no quantity, in Kubernetes' words.
public struct QuantityError: Error, Sendable, Equatable, CustomStringConvertible {
  public let message: String
  public var description: String { message }

  static let form = QuantityError(
    message: "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
  static let number = QuantityError(message: "unable to parse numeric part of quantity")
  static let suffix = QuantityError(message: "unable to parse quantity's suffix")
}

extension Quantity {
  /// Reads `500m`, `1.5`, `128Mi`, `12e6`.
  public init(_ text: String) throws(QuantityError) {
    var parts = Parts()
    try parts.read(text)
    let (base, exponent, format) = try Self.interpret(parts.suffix)
    let digits = parts.whole + parts.fraction
    let isDecimal = base == 10

    // Where Kubernetes calculates with 64 bits it can keep the text for the canonical one.
    let isShort: Bool
    if isDecimal {
      isShort = digits.count <= 18 && exponent - parts.fraction.count >= -9
    } else {
      isShort = parts.fraction.isEmpty && parts.whole.count + Int(Float(exponent) * 3 / 10) <= 14
    }

    let scale = (isDecimal ? exponent : 0) - parts.fraction.count
    var amount = try Self.scaled(digits, by: scale + 9)
    if !isDecimal {
      let (product, overflow) = amount.multipliedReportingOverflow(by: Int128(1) << Int128(exponent))
      // The amount is bounded as Kubernetes bounds it.
      let most = Int128(Int64.max) * Self.billion
      amount = overflow || product > most ? most : product
      amount = try parts.fraction.count > 9 ? Self.exactBinary(parts, exponent) : amount
    }
    guard amount < Self.limit else { throw .number }

    let number = Int64(digits) ?? 0
    let isKept =
      isDecimal
      ? scale % 3 == 0 && !digits.hasSuffix("000") && !digits.hasPrefix("0")
      : number & 7 != 0
    let isFractionOfOne = !isDecimal && amount < Self.billion && amount > 0 && !isShort
    self.init(
      billionths: parts.isNegative ? 0 - amount : amount, isFractionOfOne ? .decimalSI : format,
      text: text == "0" || (isShort && isKept) ? text : nil)
  }

  /// Digits times a power of ten, rounded up to a whole number.
  private static func scaled(_ digits: String, by power: Int) throws(QuantityError) -> Int128 {
    var kept = Substring(digits)
    var isCut = false
    if power < 0 {
      let dropped = kept.suffix(-power)
      isCut = dropped.contains { $0 != "0" }
      kept = kept.dropLast(-power)
    }
    kept = kept.drop { $0 == "0" }
    guard !kept.isEmpty else { return isCut ? 1 : 0 }
    guard kept.count + max(power, 0) <= 37, let number = Int128(kept) else { throw .number }
    var scaled = number
    for _ in 0..<max(power, 0) { scaled *= 10 }
    return scaled + (isCut ? 1 : 0)
  }

  /// A binary amount with more digits behind the point than are kept: it is rounded only after the suffix counts.
  private static func exactBinary(_ parts: Parts, _ exponent: Int) throws(QuantityError) -> Int128 {
    // Digits beyond these are worth less than a billionth even of the largest suffix, yet round up.
    let fraction = parts.fraction.prefix(27)
    let isCut = parts.fraction.dropFirst(27).contains { $0 != "0" }
    var unit = billion * billion * billion
    for _ in fraction.count..<27 { unit /= 10 }
    let most = Int128(Int64.max) * billion
    // With a suffix so many digits are more than the bound, whatever they are.
    guard parts.whole.count <= 18 else { return most }
    guard let part = Int128(fraction), let whole = Int128(parts.whole) else { throw .number }
    var divisor: Int128 = 1
    for _ in 0..<fraction.count { divisor *= 10 }
    // The fraction times 2^exponent in steps that do not overflow: the quotient is carried, the remainder doubled.
    var quotient: Int128 = 0
    var remainder = part
    for _ in 0..<exponent {
      quotient *= 2
      remainder *= 2
      if remainder >= divisor {
        remainder -= divisor
        quotient += 1
      }
    }
    var amount = quotient
    for _ in 0..<9 {
      amount *= 10
      remainder *= 10
      amount += remainder / divisor
      remainder %= divisor
    }
    if remainder > 0 || isCut { amount += 1 }
    let (product, overflow) = whole.multipliedReportingOverflow(by: billion << Int128(exponent))
    let (sum, sumOverflows) = product.addingReportingOverflow(amount)
    return overflow || sumOverflows || sum > most ? most : sum
  }

  /// Exponents beyond these are of no use, and would only cost.
  private static let exponents = -1_000...1_000

  private static func interpret(
    _ suffix: String
  ) throws(QuantityError) -> (base: Int, exponent: Int, format: Format) {
    switch suffix {
    case "n": return (10, -9, .decimalSI)
    case "u": return (10, -6, .decimalSI)
    case "m": return (10, -3, .decimalSI)
    case "": return (10, 0, .decimalSI)
    case "k": return (10, 3, .decimalSI)
    case "M": return (10, 6, .decimalSI)
    case "G": return (10, 9, .decimalSI)
    case "T": return (10, 12, .decimalSI)
    case "P": return (10, 15, .decimalSI)
    case "E": return (10, 18, .decimalSI)
    case "Ki": return (2, 10, .binarySI)
    case "Mi": return (2, 20, .binarySI)
    case "Gi": return (2, 30, .binarySI)
    case "Ti": return (2, 40, .binarySI)
    case "Pi": return (2, 50, .binarySI)
    case "Ei": return (2, 60, .binarySI)
    default:
      guard let first = suffix.first, first == "e" || first == "E", let exponent = Int(suffix.dropFirst()),
        exponents.contains(exponent)
      else { throw .suffix }
      return (10, exponent, .decimalExponent)
    }
  }

  /// The parts of a quantity's text.
  private struct Parts {
    var isNegative = false
    /// Without zeros at its start, but never empty.
    var whole = ""
    var fraction = ""
    var suffix = ""

    mutating func read(_ text: String) throws(QuantityError) {
      guard !text.isEmpty else { throw .form }
      var rest = text.utf8[...]
      func digits() -> String {
        let part = rest.prefix { (0x30...0x39).contains($0) }
        rest = rest.dropFirst(part.count)
        return String(Substring(part))
      }
      if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") {
        isNegative = rest.first == UInt8(ascii: "-")
        rest = rest.dropFirst()
      }
      whole = String(digits().drop { $0 == "0" })
      if whole.isEmpty { whole = "0" }
      if rest.first == UInt8(ascii: ".") {
        rest = rest.dropFirst()
        fraction = digits()
      }
      let start = rest
      rest = rest.drop { "eEinumkKMGTP".utf8.contains($0) }
      if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
      _ = digits()
      guard rest.isEmpty else { throw .form }
      suffix = String(Substring(start))
    }
  }

  /// Reads a value as objects hold it: a text, or a number.
  public init(json value: JSONValue) throws(QuantityError) {
    switch value {
    case .string(let text):
      let trimmed = text.drop(while: \.isWhitespace)
      var end = trimmed[...]
      while let last = end.last, last.isWhitespace { end.removeLast() }
      try self.init(String(end))
    case .integer(let number): try self.init(String(number))
    case .double(let number): try self.init(number.goJSON)
    default: throw .form
    }
  }
}
