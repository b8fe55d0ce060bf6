/// Whether to wait awake. To sleep and be woken takes longer than to answer a question; who asks one after the other waits
/// for that each time. So a server that has just been asked several times in a row looks for the next question for a
/// moment before it sleeps. One that is asked now and then never does.
struct Vigil {
  /// How long it lasts, in nanoseconds: some times as long as a client takes from an answer to its next question.
  static let length: Int64 = 50_000
  /// A sleep of at most so many nanoseconds would not have been one: with the time that it takes to wake up.
  private static let short: Int64 = 100_000
  /// Short sleeps in a row after which it is worth to stay awake.
  private static let enough = 3
  private var shortSleeps = 0

  var isWorthwhile: Bool { shortSleeps >= Self.enough }

  /// Nobody came.
  mutating func wasInVain() { shortSleeps = 0 }

  /// It slept so many nanoseconds.
  mutating func slept(_ nanoseconds: Int64) {
    shortSleeps = nanoseconds <= Self.short ? min(shortSleeps + 1, Self.enough) : 0
  }
}
