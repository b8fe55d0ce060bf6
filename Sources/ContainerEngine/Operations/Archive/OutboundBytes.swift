import Linux
import Synchronization

/// Bytes on their way from a thread that may block to an asynchronous reader. A few pieces are held; then the thread
/// waits. When the reader goes, the thread is told by an error.
final class OutboundBytes: Sendable {
  private struct State {
    var pieces: [[UInt8]] = []
    var ended = false
    var failure: (any Error)?
    var abandoned = false
    var reader: CheckedContinuation<Result<[UInt8]?, any Error>, Never>?
    var writerWaits = false
  }
  private static let limit = 8
  private let state = Mutex(State())
  private let room: WakeUp

  init() throws(SystemError) { room = try WakeUp() }

  /// Hands one piece over. Blocks while the reader is behind; throws when it is gone.
  func write(_ bytes: [UInt8]) throws {
    if bytes.isEmpty { return }
    while true {
      let (done, reader) = try state.withLock {
        state throws -> (Bool, CheckedContinuation<Result<[UInt8]?, any Error>, Never>?) in
        if state.abandoned { throw CancellationError() }
        if let reader = state.reader {
          state.reader = nil
          return (true, reader)
        }
        guard state.pieces.count < Self.limit else {
          state.writerWaits = true
          return (false, nil)
        }
        state.pieces.append(bytes)
        return (true, nil)
      }
      reader?.resume(returning: .success(bytes))
      if done { return }
      room.wait()
    }
  }

  /// All is written, or the writer failed; what is held is still delivered.
  func end(_ failure: (any Error)? = nil) {
    let reader = state.withLock { state in
      if state.ended { return nil as CheckedContinuation<Result<[UInt8]?, any Error>, Never>? }
      state.ended = true
      state.failure = failure
      let reader = state.reader
      state.reader = nil
      return reader
    }
    if let failure { reader?.resume(returning: .failure(failure)) } else { reader?.resume(returning: .success(nil)) }
  }

  private func abandon() {
    let (wake, reader) = state.withLock { state in
      state.abandoned = true
      state.pieces = []
      let wake = state.writerWaits
      state.writerWaits = false
      let reader = state.reader
      state.reader = nil
      return (wake, reader)
    }
    if wake { room.signal() }
    reader?.resume(returning: .success(nil))
  }

  private func next() async throws -> [UInt8]? {
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let (answer, wake): (Result<[UInt8]?, any Error>?, Bool) = state.withLock { state in
          if state.abandoned { return (.success(nil), false) }
          if !state.pieces.isEmpty {
            let wake = state.writerWaits
            state.writerWaits = false
            return (.success(state.pieces.removeFirst()), wake)
          }
          if state.ended { return (state.failure.map { .failure($0) } ?? .success(nil), false) }
          state.reader = continuation
          return (nil, false)
        }
        if wake { room.signal() }
        if let answer { continuation.resume(returning: answer) }
      }
    } onCancel: {
      abandon()
    }
    return try result.get()
  }

  /// Tells the writer when the last copy of the stream is gone.
  private final class Reader: Sendable {
    let bytes: OutboundBytes
    init(_ bytes: OutboundBytes) { self.bytes = bytes }
    deinit { bytes.abandon() }
  }

  /// What the reader gets; for one reader.
  var stream: AsyncThrowingStream<[UInt8], any Error> {
    let reader = Reader(self)
    return AsyncThrowingStream(unfolding: { try await reader.bytes.next() })
  }
}
