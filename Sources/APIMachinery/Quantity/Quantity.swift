/// An amount of a resource: `500m`, `1.5`, `128Mi`, `12e6` (Kubernetes API, resource.Quantity).
///
/// It is kept exactly, in billionths. Amounts are below 10^27, which is more than any resource has; Kubernetes takes
/// larger ones too.
public struct Quantity: Sendable {
  /// The family of suffixes in which an amount is written.
  public enum Format: String, Sendable, Hashable {
    /// `12e6`.
    case decimalExponent = "DecimalExponent"
    /// `12Mi`, which is 12 × 2^20.
    case binarySI = "BinarySI"
    /// `12M`.
    case decimalSI = "DecimalSI"
  }

  static let billion: Int128 = 1_000_000_000
  /// The bound of amounts, in billionths.
  static let limit: Int128 = billion * billion * billion * billion

  /// The amount in billionths, rounded away from zero.
  private(set) var billionths: Int128
  public private(set) var format: Format
  /// The text that was read, where Kubernetes keeps it for the canonical one.
  private var text: String?

  init(billionths: Int128, _ format: Format, text: String? = nil) {
    self.billionths = billionths
    self.format = format
    self.text = text
  }

  public init(_ value: Int64, _ format: Format = .decimalSI) {
    self.init(billionths: Int128(value) * Self.billion, format)
  }

  /// Thousandths: how processors are counted.
  public init(milli value: Int64, _ format: Format = .decimalSI) {
    self.init(billionths: Int128(value) * 1_000_000, format)
  }

  public static let zero = Quantity(0)

  public var isZero: Bool { billionths == 0 }
  /// -1, 0 or 1.
  public var sign: Int { Int(billionths.signum()) }

  // MARK: As numbers

  /// Rounded away from zero to a whole number, and held within `Int64`.
  public var value: Int64 { scaled(by: Self.billion) }
  /// In thousandths, rounded away from zero and held within `Int64`.
  public var milliValue: Int64 { scaled(by: 1_000_000) }

  private func scaled(by divisor: Int128) -> Int64 {
    let (quotient, remainder) = billionths.quotientAndRemainder(dividingBy: divisor)
    return Int64(clamping: remainder == 0 ? quotient : quotient + billionths.signum())
  }

  public var approximateDouble: Double {
    let (whole, part) = billionths.quotientAndRemainder(dividingBy: Self.billion)
    return part == 0 ? Double(whole) : Double(billionths) / 1e9
  }

  // MARK: Arithmetic

  /// The sum; where this is zero it takes the other's format.
  public static func + (a: Quantity, b: Quantity) -> Quantity {
    let (sum, overflow) = a.billionths.addingReportingOverflow(b.billionths)
    let bounded = overflow ? (a.billionths < 0 ? -limit : limit) : sum
    return Quantity(billionths: bounded, a.isZero ? b.format : a.format)
  }

  /// The difference; where this is zero it takes the other's format.
  public static func - (a: Quantity, b: Quantity) -> Quantity { a + -b }

  public static prefix func - (a: Quantity) -> Quantity { Quantity(billionths: 0 - a.billionths, a.format) }

  public static func += (a: inout Quantity, b: Quantity) { a = a + b }
  public static func -= (a: inout Quantity, b: Quantity) { a = a - b }
}

extension Quantity: Comparable, Hashable {
  /// Amounts are equal however they are written.
  public static func == (a: Quantity, b: Quantity) -> Bool { a.billionths == b.billionths }
  public static func < (a: Quantity, b: Quantity) -> Bool { a.billionths < b.billionths }
  public func hash(into hasher: inout Hasher) { hasher.combine(billionths) }
}

extension Quantity: CustomStringConvertible {
  /// The text as Kubernetes serves it: the one that was read where that is canonical enough, else the canonical form:
  /// no fraction, the largest suffix that leaves none.
  public var description: String { text ?? canonical }

  public var json: JSONValue { .string(description) }

  private var canonical: String {
    if isZero { return "0" }
    // A binary suffix needs a whole amount that is worth one.
    let kilobinary = 1_024 * Self.billion
    let isBinary = format == .binarySI && billionths.magnitude >= kilobinary.magnitude && billionths % Self.billion == 0
    return isBinary ? binary : decimal
  }

  private static let binarySuffixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]
  private static let decimalSuffixes = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"]

  private var binary: String {
    var amount = billionths / Self.billion
    var index = 0
    while index + 1 < Self.binarySuffixes.count, amount % 1_024 == 0 {
      amount /= 1_024
      index += 1
    }
    return "\(amount)\(Self.binarySuffixes[index])"
  }

  private var decimal: String {
    var amount = billionths
    var index = 0
    // Exponents have no largest suffix.
    let last = format == .decimalExponent ? Int.max : Self.decimalSuffixes.count - 1
    while index < last, amount % 1_000 == 0 {
      amount /= 1_000
      index += 1
    }
    guard format == .decimalExponent else { return "\(amount)\(Self.decimalSuffixes[index])" }
    let exponent = index * 3 - 9
    return exponent == 0 ? "\(amount)" : "\(amount)e\(exponent)"
  }
}
