/// Divides seats by what levels have wanted of late: each gets the same part of what it wants, but never less than it has
/// to get, nor more than it may have (KEP-1040, "Seat borrowing").
enum SeatBorrowing {
  struct Claim: Sendable {
    let lower: Double
    let upper: Double
    /// What is wanted; at least `lower`.
    let target: Double

    /// Who wants nothing still counts for something, so that what nobody wants has an owner.
    private static let least = 0.001

    func share(of part: Double) -> Double { min(upper, max(lower, part * max(target, Self.least))) }
  }

  /// - Parameter total: the seats; as near to it as the limits allow is given out.
  /// - Returns: each claim's seats, and which part of what they want that is.
  static func divide(_ total: Int, among claims: [Claim]) -> (seats: [Double], part: Double) {
    func sum(_ part: Double) -> Double { claims.reduce(0) { $0 + $1.share(of: part) } }
    // The sum grows with the part, so the right one lies between one that is too small and one that is too large.
    var (low, high) = (0.0, 1.0)
    while sum(high) < Double(total), high < 1e9 { high *= 2 }
    for _ in 0..<100 {
      let middle = (low + high) / 2
      if sum(middle) < Double(total) { low = middle } else { high = middle }
    }
    return (claims.map { $0.share(of: high) }, high)
  }
}
