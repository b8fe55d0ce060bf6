/// When those are to come again for whom there was no seat: the more of them there are, the later.
struct RetryAdvice: Sendable {
  private static let longest = 32

  /// How long to wait, in seconds.
  private(set) var seconds = 1
  private var changed = 0
  /// How many were refused in which second, the present one last.
  private var history: [(second: Int, count: Int)] = []

  /// Somebody is refused.
  /// - Parameter second: of a clock that never goes back.
  mutating func refuse(at second: Int) {
    if let last = history.indices.last, history[last].second == second {
      history[last].count += 1
      return
    }
    history.append((second, 1))
    history.removeFirst(history.prefix { second - $0.second > min(2 * seconds, Self.longest) }.count)
    // What has happened in this second is not known yet.
    let recent = history.dropLast().filter { second - $0.second <= seconds }.reduce(0) { $0 + $1.count }
    if second - changed >= seconds, recent >= 3 * seconds {
      seconds = min(2 * seconds, Self.longest)
      changed = second
    } else if recent < seconds, seconds > 1 {
      seconds -= 1
    }
  }
}
