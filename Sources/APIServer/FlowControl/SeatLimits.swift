/// How many seats a priority level has (Kubernetes, "API Priority and Fairness", PriorityLevelConfiguration).
struct SeatLimits: Sendable, Equatable {
  /// What its shares are worth.
  var nominal: Int
  /// What nobody can borrow.
  var lower: Int
  /// With all that it may borrow.
  var upper: Int

  /// Of a level that has ended.
  static let none = SeatLimits(nominal: 0, lower: 0, upper: 0)

  /// Divides a server's seats by the levels' shares, each rounded up.
  static func divide(_ total: Int, among levels: [PriorityLevel]) -> [SeatLimits] {
    let shares = max(1, levels.reduce(0) { $0 + $1.shares })
    return levels.map { level in
      let nominal = (total * level.shares + shares - 1) / shares
      let lendable = rounded(nominal, level.lendablePercent)
      let borrowing = level.borrowingLimitPercent.map { rounded(nominal, $0) } ?? total
      return SeatLimits(nominal: nominal, lower: nominal - lendable, upper: nominal + borrowing)
    }
  }

  /// The nearest whole number.
  private static func rounded(_ seats: Int, _ percent: Int) -> Int { (seats * percent + 50) / 100 }
}
