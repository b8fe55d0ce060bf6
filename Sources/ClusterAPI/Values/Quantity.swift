/// A resource quantity: an exact amount, and the family of suffixes that it is written with.
///
/// Amounts are kept in billionths, the finest unit that the API knows; finer ones are rounded up, as the API's own
/// documentation says. Amounts beyond 2^63 - 1 are cut to that.
struct Quantity: Sendable, Hashable, Comparable {
  /// In billionths.
  let nanos: Int128
  let format: Format

  enum Format: Sendable, Hashable {
    /// m, none, k, M, G, …
    case decimalSI
    /// Ki, Mi, Gi, …
    case binarySI
    /// e3, e6, …
    case decimalExponent
  }

  static let nanosPerUnit: Int128 = 1_000_000_000
  private static let largest = Int128(Int64.max) * nanosPerUnit

  init(nanos: Int128, format: Format = .decimalSI) {
    self.nanos = min(max(nanos, -Self.largest), Self.largest)
    self.format = format
  }

  init(_ units: Int64, format: Format = .decimalSI) {
    self.init(nanos: Int128(units) * Self.nanosPerUnit, format: format)
  }

  /// Nil for what is no quantity.
  init?(_ text: String) {
    var digits = text.utf8[...]
    let isNegative = digits.first == UInt8(ascii: "-")
    if isNegative || digits.first == UInt8(ascii: "+") { digits.removeFirst() }
    let whole = digits.prefix { (0x30...0x39).contains($0) }
    digits = digits.dropFirst(whole.count)
    var fraction = digits.prefix(0)
    if digits.first == UInt8(ascii: ".") {
      digits.removeFirst()
      fraction = digits.prefix { (0x30...0x39).contains($0) }
      digits = digits.dropFirst(fraction.count)
    }
    guard whole.count + fraction.count > 0, let suffix = Suffix(Substring(digits)) else { return nil }
    format = suffix.format
    nanos = Self.amount(whole: whole, fraction: fraction, suffix: suffix, isNegative: isNegative)
  }

  private static func amount(
    whole: Substring.UTF8View, fraction: Substring.UTF8View, suffix: Suffix, isNegative: Bool
  ) -> Int128 {
    // The digits as a whole number, times the unit, over ten to the number of digits behind the point.
    var value: Int128 = 0
    var isHuge = false
    var scale: Int128 = 1
    var hasRemainder = false
    for (index, digit) in (Array(whole) + Array(fraction)).enumerated() {
      if index >= whole.count {
        // Digits this far behind the point only decide whether something is left over.
        guard scale < nanosPerUnit * nanosPerUnit else {
          hasRemainder = hasRemainder || digit != 0x30
          continue
        }
        scale *= 10
      }
      let (product, isOver) = value.multipliedReportingOverflow(by: 10)
      let (sum, isSumOver) = product.addingReportingOverflow(Int128(digit - 0x30))
      isHuge = isHuge || isOver || isSumOver
      value = sum
    }
    if isHuge { return isNegative ? -largest : largest }
    let (product, isOver) = value.multipliedReportingOverflow(by: suffix.nanos)
    if isOver {
      // Too exact for the width: the integral part decides.
      let units = value / scale
      let (rough, isRoughOver) = units.multipliedReportingOverflow(by: suffix.nanos)
      let nanos = isRoughOver ? largest : min(rough, largest)
      return isNegative ? -nanos : nanos
    }
    var (nanos, remainder) = product.quotientAndRemainder(dividingBy: scale * suffix.divisor)
    // Away from zero.
    if remainder != 0 || hasRemainder { nanos += 1 }
    nanos = min(nanos, largest)
    return isNegative ? -nanos : nanos
  }

  /// In whole units, rounded up.
  var units: Int64 { Int64(clamping: Self.roundedUp(nanos, Self.nanosPerUnit)) }

  /// In thousandths, rounded up.
  var thousandths: Int64 { Int64(clamping: Self.roundedUp(nanos, Self.nanosPerUnit / 1000)) }

  /// Whether there are no parts of a unit.
  var isWhole: Bool { nanos % Self.nanosPerUnit == 0 }

  private static func roundedUp(_ value: Int128, _ unit: Int128) -> Int128 {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: unit)
    return remainder > 0 ? quotient + 1 : quotient
  }

  static func < (a: Quantity, b: Quantity) -> Bool { a.nanos < b.nanos }
  static func == (a: Quantity, b: Quantity) -> Bool { a.nanos == b.nanos }
  func hash(into hasher: inout Hasher) { hasher.combine(nanos) }

  static func + (a: Quantity, b: Quantity) -> Quantity {
    Quantity(nanos: a.nanos + b.nanos, format: a.nanos == 0 ? b.format : a.format)
  }

  static func - (a: Quantity, b: Quantity) -> Quantity {
    Quantity(nanos: a.nanos - b.nanos, format: a.nanos == 0 ? b.format : a.format)
  }
}

extension Quantity: CustomStringConvertible {
  private static let binary = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]
  private static let decimal = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"]

  /// The canonical form: the largest suffix with which nothing stands behind the point.
  var description: String {
    if nanos == 0 { return "0" }
    if format == .binarySI, isWhole, nanos.magnitude >= UInt128(Self.nanosPerUnit) * 1024 {
      var amount = nanos / Self.nanosPerUnit
      var step = 0
      while amount % 1024 == 0, step < Self.binary.count - 1 {
        amount /= 1024
        step += 1
      }
      return "\(amount)\(Self.binary[step])"
    }
    var amount = nanos
    var step = 0
    while amount % 1000 == 0, step < Self.decimal.count - 1 {
      amount /= 1000
      step += 1
    }
    guard format == .decimalExponent else { return "\(amount)\(Self.decimal[step])" }
    let exponent = (step - 3) * 3
    return exponent == 0 ? "\(amount)" : "\(amount)e\(exponent)"
  }
}

/// What stands behind a quantity's digits.
private struct Suffix {
  var nanos: Int128
  /// What the product is divided by: for units finer than a billionth.
  var divisor: Int128 = 1
  var format = Quantity.Format.decimalSI

  private static let known: [Substring: (Int128, Quantity.Format)] = {
    let unit = Quantity.nanosPerUnit
    var table: [Substring: (Int128, Quantity.Format)] = [
      "n": (1, .decimalSI), "u": (1000, .decimalSI), "m": (1_000_000, .decimalSI), "": (unit, .decimalSI),
    ]
    var decimal = unit
    for name in ["k", "M", "G", "T", "P", "E"] as [Substring] {
      decimal *= 1000
      table[name] = (decimal, .decimalSI)
    }
    var binary = unit
    for name in ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"] as [Substring] {
      binary *= 1024
      table[name] = (binary, .binarySI)
    }
    return table
  }()

  init?(_ text: Substring) {
    if let (nanos, format) = Self.known[text] {
      self.nanos = nanos
      self.format = format
      return
    }
    guard let first = text.first, first == "e" || first == "E", let exponent = Int(text.dropFirst()) else { return nil }
    format = .decimalExponent
    nanos = 1
    // Beyond this an amount is cut, or rounded to a billionth, whatever it is.
    let steps = min(max(exponent + 9, -18), 27)
    for _ in 0..<abs(steps) {
      if steps > 0 { nanos *= 10 } else { divisor *= 10 }
    }
  }
}
