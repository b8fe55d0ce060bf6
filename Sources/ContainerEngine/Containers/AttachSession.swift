import AsyncWork
import ContainerRuntime
import Synchronization

/// A client at a process' standard streams: of a container, or of an exec.
///
/// The session exists before the process does: `docker run` attaches first and starts then. Output is pulled, so a slow
/// client slows the process and fills no memory.
public final class AttachSession: Sendable {
  /// The process has a terminal: output is one raw stream.
  public let isTerminal: Bool

  /// Reads a log.
  typealias Log = @Sendable () -> AsyncThrowingStream<LogEntry, any Error>

  private struct State {
    var attachment: ProcessAttachment?
    var end: ContainerWait?
    var missed: Log?
    var failure: (any Error)?
    var closed = false
    var waiting: [CheckedContinuation<Void, Never>] = []
    var scanner: DetachScanner?
  }
  private let state: Mutex<State>
  private let wanted: Set<OutputStream>
  private let replay: AsyncThrowingStream<LogEntry, any Error>?
  private let live: Bool
  private let onDetach: @Sendable () -> Void

  /// - Parameters:
  ///   - replay: what was logged so far, shown first.
  ///   - live: go on with live output.
  ///   - onDetach: the user typed the detach keys.
  init(
    isTerminal: Bool, request: AttachRequest, replay: AsyncThrowingStream<LogEntry, any Error>? = nil,
    onDetach: @escaping @Sendable () -> Void = {}
  ) throws {
    self.isTerminal = isTerminal
    var wanted: Set<OutputStream> = []
    if request.standardOutput || isTerminal { wanted.insert(.standardOutput) }
    if request.standardError { wanted.insert(.standardError) }
    self.wanted = wanted
    self.replay = replay
    live = request.stream
    self.onDetach = onDetach
    // Only a terminal's user can type keys; in a pipe the same bytes are data.
    let scanner = isTerminal && request.standardInput ? try DetachScanner(DetachKeys(request.detachKeys)) : nil
    state = Mutex(State(scanner: scanner))
  }

  deinit { close() }

  // MARK: the engine's side

  func wants(_ stream: OutputStream) -> Bool { wanted.contains(stream) }

  /// The process' streams are there.
  /// - Parameters:
  ///   - end: what the end of the output waits for: who has seen it and looks finds the container ended, with its exit code.
  ///     Docker ends attachments in that order.
  ///   - missed: what was logged since, for output that never came by the attachment.
  func connect(_ attachment: ProcessAttachment, end: ContainerWait? = nil, missed: Log? = nil) {
    let (waiting, closed) = state.withLock { state in
      state.attachment = attachment
      state.end = end
      state.missed = missed
      let waiting = state.waiting
      state.waiting = []
      return (waiting, state.closed)
    }
    for continuation in waiting { continuation.resume() }
    if closed {
      attachment.close()
      end?.stop()
    }
  }

  /// There will be no streams.
  func fail(_ error: (any Error)?) {
    let waiting = state.withLock { state in
      state.failure = error
      state.closed = true
      let waiting = state.waiting
      state.waiting = []
      return waiting
    }
    for continuation in waiting { continuation.resume() }
  }

  // MARK: the client's side

  /// What the process says, until it ends or the session closes. One reader.
  public var output: AsyncThrowingStream<OutputChunk, any Error> {
    let source = OutputSource(session: self, replay: replay)
    return AsyncThrowingStream { try await source.next() }
  }

  /// Sends bytes to the process' standard input; waits until it has one. The detach keys close the session.
  public func write(_ bytes: [UInt8]) async throws {
    var data = bytes
    let detached = state.withLock { state in
      guard state.scanner != nil else { return false }
      guard let (passed, detached) = state.scanner?.scan(bytes) else { return false }
      data = passed
      return detached
    }
    guard let attachment = try await connected() else { return }
    if !data.isEmpty { try await attachment.write(data) }
    if detached {
      onDetach()
      close()
    }
  }

  /// The client has no more input: the process sees the end of its standard input.
  public func closeInput() async {
    do { try await connected()?.closeInput() } catch { return }
  }

  /// Ends the session; the process goes on.
  public func close() {
    let (attachment, end, waiting) = state.withLock { state in
      state.closed = true
      let waiting = state.waiting
      state.waiting = []
      return (state.attachment, state.end, waiting)
    }
    for continuation in waiting { continuation.resume() }
    attachment?.close()
    end?.stop()
  }

  /// The process' streams once they are there; nil when the session closed first.
  private func connected() async throws -> ProcessAttachment? {
    await withTaskCancellationHandler {
      await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
        let ready = state.withLock { state in
          if state.attachment != nil || state.closed { return true }
          state.waiting.append(continuation)
          return false
        }
        if ready { continuation.resume() }
      }
    } onCancel: {
      close()
    }
    let (attachment, failure, closed) = state.withLock { ($0.attachment, $0.failure, $0.closed) }
    if let failure { throw failure }
    return closed ? nil : attachment
  }

  private func takeMissed() -> Log? {
    state.withLock { state in
      defer { state.missed = nil }
      return state.missed
    }
  }

  /// Until the container has ended, or the session is closed.
  private func waitForEnd() async {
    guard let end = state.withLock({ $0.closed ? nil : $0.end }) else { return }
    // Both a removal and a client that leaves end the wait as an end does.
    do { _ = try await end.value() } catch { return }
  }

  /// Pulls first from the log, then from the process.
  private actor OutputSource {
    private let session: AttachSession
    private var replay: AsyncThrowingStream<LogEntry, any Error>.Iterator?

    init(session: AttachSession, replay: AsyncThrowingStream<LogEntry, any Error>?) {
      self.session = session
      self.replay = replay?.makeAsyncIterator()
    }

    func next() async throws -> OutputChunk? {
      if var iterator = replay {
        let entry = try await iterator.next(isolation: self)
        replay = iterator
        if let entry { return OutputChunk(stream: entry.stream, bytes: entry.bytes) }
        replay = nil
      }
      guard session.live, let attachment = try await session.connected() else { return nil }
      while let chunk = try await attachment.next() {
        if session.wanted.contains(chunk.stream) { return chunk }
      }
      if attachment.mayHaveMissedAll, let missed = session.takeMissed() {
        replay = missed().makeAsyncIterator()
        return try await next()
      }
      await session.waitForEnd()
      session.close()
      return nil
    }
  }
}
