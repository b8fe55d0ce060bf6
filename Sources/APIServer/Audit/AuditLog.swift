import APIMachinery
import AsyncWork
import Synchronization

/// The audit log: events as lines of JSON in a file, and sent to a webhook. They are written on a thread of its own; where
/// that cannot keep up, events are dropped and counted, and no request waits.
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

    public init(path: String, largestFile: Int64 = 100 << 20, backups: Int = 0, days: Int = 0) {
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
  private let writesFile: Bool
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
    writesFile = settings != nil
    file = Mutex(try settings.map { try RotatingFile($0) })
    thread = try OwnedThread(name: "apus-audit")
  }

  /// How many events were written, dropped because too many waited, and lost because the disk failed.
  var counts: (written: Int, dropped: Int, failed: Int) {
    state.withLock { ($0.written, $0.dropped, $0.failed) }
  }

  func write(_ event: AuditEvent) {
    webhook?.take(event)
    guard writesFile else { return }
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
