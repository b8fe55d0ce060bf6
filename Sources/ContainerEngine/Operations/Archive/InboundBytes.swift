import Linux
import Synchronization

/// Bytes on their way from an asynchronous sequence to a thread that may block. A few pieces are held; then the sender
/// waits.
final class InboundBytes: Sendable {
  private struct State {
    var pieces: [[UInt8]] = []
    var head = 0
    /// How much of the first piece is taken.
    var offset = 0
    var ended = false
    var failure: (any Error)?
    var abandoned = false
    var sender: CheckedContinuation<Bool, Never>?
  }
  private static let limit = 8
  private let state = Mutex(State())
  private let arrival: WakeUp

  init() throws(SystemError) { arrival = try WakeUp() }

  /// Hands one piece over; false when nobody wants more.
  func send(_ bytes: [UInt8]) async -> Bool {
    if bytes.isEmpty { return true }
    return await withCheckedContinuation { continuation in
      let answer: Bool? = state.withLock { state in
        if state.abandoned { return false }
        state.pieces.append(bytes)
        if state.pieces.count - state.head < Self.limit { return true }
        state.sender = continuation
        return nil
      }
      arrival.signal()
      if let answer { continuation.resume(returning: answer) }
    }
  }

  /// All is sent, or the sender failed.
  func end(_ failure: (any Error)? = nil) {
    state.withLock { state in
      state.ended = true
      state.failure = failure
    }
    arrival.signal()
  }

  /// The reader wants no more.
  func abandon() {
    let sender = state.withLock { state in
      state.abandoned = true
      let sender = state.sender
      state.sender = nil
      return sender
    }
    sender?.resume(returning: false)
  }

  /// Fills the array from its beginning; returns how many bytes it wrote, 0 at the end. Blocks.
  func read(into buffer: inout [UInt8]) throws -> Int {
    let capacity = buffer.count
    while true {
      let (piece, ended, sender) = try state.withLock {
        state throws -> (ArraySlice<UInt8>?, Bool, CheckedContinuation<Bool, Never>?) in
        guard state.head < state.pieces.count else {
          if let failure = state.failure { throw failure }
          return (nil, state.ended, nil)
        }
        let piece = state.pieces[state.head][state.offset...].prefix(capacity)
        state.offset += piece.count
        if state.offset == state.pieces[state.head].count {
          state.pieces[state.head] = []
          state.head += 1
          state.offset = 0
          if state.head == state.pieces.count {
            state.pieces = []
            state.head = 0
          }
        }
        let sender = state.pieces.count - state.head < Self.limit ? state.sender : nil
        if sender != nil { state.sender = nil }
        return (piece, false, sender)
      }
      sender?.resume(returning: true)
      if let piece {
        buffer.replaceSubrange(0..<piece.count, with: piece)
        return piece.count
      }
      if ended { return 0 }
      arrival.wait()
    }
  }
}
