import Synchronization

@testable import PKI

/// A clock that stands still until it is set.
final class FakeClock: Sendable {
  private let time: Mutex<Int64>
  init(_ time: Int64) { self.time = Mutex(time) }
  var now: Int64 {
    get { time.withLock { $0 } }
    set { time.withLock { $0 = newValue } }
  }
  var clock: WallClock { WallClock { self.now } }
}

let day: Int64 = 86_400

/// What a piece of work fails with.
func failure(_ work: () async throws -> Void) async -> PKIError.Code? {
  do {
    try await work()
    return nil
  } catch {
    return (error as? PKIError)?.code
  }
}
