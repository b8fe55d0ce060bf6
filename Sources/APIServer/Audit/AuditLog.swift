import APIMachinery
import AsyncWork
import Synchronization

/// The audit log: events as lines of JSON in a file, and sent to a webhook. They are written on a thread of its own; where
/// that cannot keep up, events are dropped and counted. Whether requests wait for it is the operator's choice.
public final class AuditLog: Sendable {
  /// How the file is kept.
  public struct Settings: Sendable {
    /// `-` is the standard output.
    public var path: String
    /// Bytes after which a file is put aside.
    public var largestFile: Int64
    /// Files that were put aside are kept up to this number; 0: all.
    public var backups: Int
    /// Days after which a file that was put aside is removed; 0: never.
    public var days: Int
    public var mode: AuditMode

    public init(
      path: String, largestFile: Int64 = 100 << 20, backups: Int = 0, days: Int = 0, mode: AuditMode = .blocking
    ) {
      self.mode = mode
      self.path = path
      self.largestFile = largestFile
      self.backups = backups
      self.days = days
    }
  }

  private struct State {
    var waiting: [AuditEvent] = []
    var isWriting = false
    var written = 0
    var dropped = 0
    var failed = 0
  }

  /// Events that wait for the disk.
  private static let mostWaiting = 10_000

  let policy: AuditPolicy
  private let state = Mutex(State())
  private let thread: OwnedThread
  /// Nil where events are sent to a webhook alone.
  private let file: Mutex<RotatingFile?>
  /// Nil where there is no file.
  private let fileMode: AuditMode?
  let webhook: AuditWebhook?
  private let onFailure: @Sendable (any Error) -> Void

  /// Opens the file. Blocks.
  /// - Parameters:
  ///   - settings: nil where there is no file.
  ///   - webhook: nil where there is none.
  ///   - onFailure: told when a line cannot be written.
  public init(
    _ policy: AuditPolicy, _ settings: Settings?, webhook: AuditWebhook? = nil,
    onFailure: @escaping @Sendable (any Error) -> Void
  ) throws {
    self.policy = policy
    self.webhook = webhook
    self.onFailure = onFailure
    fileMode = settings?.mode
    file = Mutex(try settings.map { try RotatingFile($0) })
    thread = try OwnedThread(name: "apus-audit")
  }

  /// How many events were written, dropped because too many waited, and lost because the disk failed.
  var counts: (written: Int, dropped: Int, failed: Int) {
    state.withLock { ($0.written, $0.dropped, $0.failed) }
  }

  /// Has an event written, and sent where nobody waits for that.
  func write(_ event: AuditEvent) {
    if !sendsAtOnce { webhook?.take(event) }
    guard fileMode != nil else { return }
    let starts = state.withLock { state in
      guard state.waiting.count < Self.mostWaiting else {
        state.dropped += 1
        return false
      }
      state.waiting.append(event)
      defer { state.isWriting = true }
      return !state.isWriting
    }
    if starts { thread.submit { [self] in writeWaiting() } }
  }

  /// Whether requests wait until the webhook has taken their events: they are given to ``settle(_:lostBefore:)``.
  var sendsAtOnce: Bool { webhook.map { $0.mode != .batch } ?? false }

  /// How many lines were lost.
  var lostLines: Int { state.withLock { $0.dropped + $0.failed } }

  /// Waits until events are written and sent, as far as the operator wants that to be waited for.
  /// - Parameters:
  ///   - events: those that the webhook has not been given.
  ///   - lostBefore: lines that were lost before the request came.
  /// - Returns: false where something was lost without which a request must not be worked on.
  func settle(_ events: [AuditEvent], lostBefore: Int) async -> Bool {
    var isKept = true
    if let fileMode, fileMode != .batch {
      // The thread does one thing after the other. One that has stopped has written all.
      do { try await thread.run {} } catch { return true }
      if fileMode == .strict, lostLines > lostBefore { isKept = false }
    }
    guard sendsAtOnce, let webhook else { return isKept }
    for event in events where await !webhook.send(event) && webhook.mode == .strict { isKept = false }
    return isKept
  }

  /// Runs on the thread.
  private func writeWaiting() {
    while true {
      let events = state.withLock { state in
        defer { state.waiting = [] }
        if state.waiting.isEmpty { state.isWriting = false }
        return state.waiting
      }
      if events.isEmpty { return }
      var written = 0
      do {
        try file.withLock { file in
          for event in events {
            try file?.append(event.line())
            written += 1
          }
          try file?.flush()
        }
      } catch {
        onFailure(error)
      }
      let (done, lost) = (written, events.count - written)
      state.withLock { state in
        state.written += done
        state.failed += lost
      }
    }
  }

  /// Writes what waits, and ends.
  public func close() async {
    try? await thread.run { [self] in writeWaiting() }
    thread.stop()
    await webhook?.close()
  }
}
