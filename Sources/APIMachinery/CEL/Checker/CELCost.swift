/// What an expression costs at least and at most, in the units of Kubernetes' limits; sums and products stop at the largest number.
public struct CELCost: Sendable, Hashable {
  public var min: UInt64
  public var max: UInt64

  init(_ min: UInt64, _ max: UInt64) {
    self.min = min
    self.max = max
  }

  init(_ fixed: UInt64) { self.init(fixed, fixed) }

  static let unknown = CELCost(0, .max)

  static func + (a: CELCost, b: CELCost) -> CELCost {
    func sum(_ a: UInt64, _ b: UInt64) -> UInt64 {
      let (sum, overflow) = a.addingReportingOverflow(b)
      return overflow ? .max : sum
    }
    return CELCost(sum(a.min, b.min), sum(a.max, b.max))
  }

  static func * (a: CELCost, b: CELCost) -> CELCost {
    CELCost(multiply(a.min, b.min), multiply(a.max, b.max))
  }

  static func multiply(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let (product, overflow) = a.multipliedReportingOverflow(by: b)
    return overflow ? .max : product
  }

  /// Times a factor, rounded up.
  func times(_ factor: Double) -> CELCost {
    func scaled(_ value: UInt64) -> UInt64 {
      let product = (Double(value) * factor).rounded(.up)
      return product >= 0x1p64 ? .max : UInt64(product)
    }
    return CELCost(scaled(min), scaled(max))
  }

  func union(_ other: CELCost) -> CELCost {
    CELCost(Swift.min(min, other.min), Swift.max(max, other.max))
  }
}
