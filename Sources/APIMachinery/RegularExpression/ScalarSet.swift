/// A set of Unicode scalars: ranges in order that neither overlap nor touch.
struct ScalarSet: Sendable, Hashable {
  private(set) var ranges: [ClosedRange<UInt32>]
  /// The scalars below 128 again, where nearly all look-ups go.
  private var low: UInt64 = 0
  private var high: UInt64 = 0

  static let last: UInt32 = 0x10FFFF

  init(_ unordered: [ClosedRange<UInt32>]) {
    var merged: [ClosedRange<UInt32>] = []
    for range in unordered.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let previous = merged.last,
        range.lowerBound <= previous.upperBound || range.lowerBound == previous.upperBound + 1
      {
        merged[merged.count - 1] = previous.lowerBound...max(previous.upperBound, range.upperBound)
      } else {
        merged.append(range)
      }
    }
    ranges = merged
    for range in merged where range.lowerBound < 128 {
      for scalar in range.lowerBound...min(range.upperBound, 127) {
        if scalar < 64 { low |= 1 << UInt64(scalar) } else { high |= 1 << UInt64(scalar - 64) }
      }
    }
  }

  func contains(_ scalar: UInt32) -> Bool {
    if scalar < 64 { return low & (1 << UInt64(scalar)) != 0 }
    if scalar < 128 { return high & (1 << UInt64(scalar - 64)) != 0 }
    var from = 0
    var to = ranges.count
    while from < to {
      let middle = (from + to) / 2
      if ranges[middle].upperBound < scalar { from = middle + 1 } else { to = middle }
    }
    return from < ranges.count && ranges[from].contains(scalar)
  }

  var inverted: ScalarSet {
    var result: [ClosedRange<UInt32>] = []
    var next: UInt32 = 0
    for range in ranges {
      if range.lowerBound > next { result.append(next...(range.lowerBound - 1)) }
      next = range.upperBound + 1
    }
    if next <= Self.last { result.append(next...Self.last) }
    return ScalarSet(result)
  }

  /// With what differs from a member in case only.
  var caseFolded: ScalarSet {
    var result = ranges
    for range in ranges {
      // A large range of letters nearly always holds its other case already; what lies between the letters has none.
      for scalar in range where Self.mayHaveCase(scalar) {
        for other in Self.otherCases(of: scalar) where !range.contains(other) { result.append(other...other) }
      }
    }
    return ScalarSet(result)
  }

  /// Scripts with case end here, apart from some beyond the basic plane.
  private static func mayHaveCase(_ scalar: UInt32) -> Bool {
    scalar < 0x3000 || (0xA640...0xABFF).contains(scalar) || (0xFB00...0xFFFF).contains(scalar)
      || (0x10400...0x118FF).contains(scalar) || (0x16E00...0x16EFF).contains(scalar)
      || (0x1E900...0x1E9FF).contains(scalar)
  }

  /// The scalars that are the same one but for case (Unicode's simple case folding).
  static func otherCases(of value: UInt32) -> [UInt32] {
    guard let scalar = Unicode.Scalar(value) else { return [] }
    let properties = scalar.properties
    var result: [UInt32] = []
    for mapping in [properties.lowercaseMapping, properties.uppercaseMapping, properties.titlecaseMapping] {
      let scalars = mapping.unicodeScalars
      guard scalars.count == 1, let other = scalars.first, other != scalar else { continue }
      result.append(other.value)
    }
    switch value {
    case 0x4B, 0x6B: result.append(0x212A)  // the Kelvin sign
    case 0x53, 0x73: result.append(0x17F)  // the long s
    case 0xC5, 0xE5: result.append(0x212B)  // the Ångström sign
    default: break
    }
    return result
  }
}
