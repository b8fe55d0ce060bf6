import Synchronization

/// How many requests are worked on at a time where nobody waits for anybody (kube-apiserver's `--enable-priority-and-fairness=false`):
/// those that are too many are refused.
public final class InFlightLimits: Sendable {
  /// A request that is counted, until it is answered.
  struct Place: Sendable {
    fileprivate let isReading: Bool
    fileprivate let isCounted: Bool
  }

  private let most: (reading: Int, writing: Int)
  private let present = Mutex((reading: 0, writing: 0))

  /// - Parameters:
  ///   - reading: requests that only read; 0 for any number.
  ///   - writing: requests that write; 0 for any number.
  public init(reading: Int, writing: Int) { most = (reading, writing) }

  /// - Returns: nil where there are too many: the administrators' are not.
  func take(_ user: User, _ info: RequestInfo) -> Place? {
    let isReading = RequestMetrics.isReading(info)
    let isCounted = present.withLock { present in
      let (count, limit) = isReading ? (present.reading, most.reading) : (present.writing, most.writing)
      guard limit == 0 || count < limit else { return false }
      if isReading { present.reading += 1 } else { present.writing += 1 }
      return true
    }
    guard isCounted || user.isAllPowerful else { return nil }
    return Place(isReading: isReading, isCounted: isCounted)
  }

  func end(_ place: Place) {
    guard place.isCounted else { return }
    present.withLock { present in
      if place.isReading { present.reading -= 1 } else { present.writing -= 1 }
    }
  }
}
