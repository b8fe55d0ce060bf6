import Synchronization

/// How much of a file that another task still writes can be read already. One writer, one reader; the reader's thread
/// waits without spinning and must be an owned one.
public final class GrowingLength: Sendable {
  private struct State {
    var length: Int64 = 0
    var ended = false
    var failure: (any Error)?
    var waiting = false
  }
  private let state = Mutex(State())
  private let wakeUp: WakeUp

  public init() throws(SystemError) { wakeUp = try WakeUp() }

  private func change(_ body: (inout sending State) -> Void) {
    let wake = state.withLock { state in
      body(&state)
      let wake = state.waiting
      state.waiting = false
      return wake
    }
    if wake { wakeUp.signal() }
  }

  /// The file is `length` bytes long now.
  public func advance(to length: Int64) { change { $0.length = length } }
  /// All is written.
  public func end() { change { $0.ended = true } }
  /// The writer gave up; the reader throws the error.
  public func fail(_ error: any Error) { change { if !$0.ended && $0.failure == nil { $0.failure = error } } }

  /// Waits until there is more than `offset`, and returns the length; equal to `offset` when the file has ended there.
  public func wait(beyond offset: Int64) throws -> Int64 {
    while true {
      let ready: Int64? = try state.withLock { state in
        if let failure = state.failure { throw failure }
        if state.length > offset || state.ended { return state.length }
        state.waiting = true
        return nil
      }
      if let ready { return ready }
      wakeUp.wait()
    }
  }
}
