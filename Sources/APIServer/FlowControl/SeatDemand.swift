/// How many seats a level has wanted of late: what its requests hold and what those want that wait, over time
/// (KEP-1040, "Seat borrowing").
struct SeatDemand: Sendable {
  /// How much of what was wanted before is left after each period: half of it after five minutes.
  private static let memory = 0.977

  private var value = 0.0
  private var since: Double
  private var start: Double
  /// Integrals over the period of the demand, and of its square.
  private var sum = 0.0
  private var squares = 0.0
  private var highest = 0.0

  /// The most that was wanted in the last period.
  private(set) var watermark = 0
  /// What was usual, and a little more; it grows at once and shrinks slowly.
  private(set) var smoothed = 0.0
  /// Of the last period, with its standard deviation.
  private(set) var average = 0.0
  private(set) var deviation = 0.0

  /// - Parameter now: seconds, of a clock that never goes back.
  init(at now: Double) {
    since = now
    start = now
  }

  private mutating func advance(to now: Double) {
    let seconds = max(0, now - since)
    sum += value * seconds
    squares += value * value * seconds
    since = max(since, now)
  }

  /// So much is wanted from now on.
  mutating func set(_ seats: Int, at now: Double) {
    advance(to: now)
    value = Double(seats)
    highest = max(highest, value)
  }

  /// Ends a period.
  mutating func settle(at now: Double) {
    advance(to: now)
    let seconds = since - start
    watermark = Int(highest)
    highest = value
    guard seconds > 0 else { return }
    average = sum / seconds
    deviation = max(0, squares / seconds - average * average).squareRoot()
    let envelope = average + deviation
    smoothed = max(envelope, Self.memory * smoothed + (1 - Self.memory) * envelope)
    (start, sum, squares) = (since, 0, 0)
  }
}
