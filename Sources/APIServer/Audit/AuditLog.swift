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
    /// Whether files that were put aside are compressed.
    public var compresses: Bool
    public var mode: AuditMode
    /// Events that wait for the disk; more are dropped.
    public var most: Int
    /// Nil where events may be as large as they are.
    public var limits: AuditLimits?

    public init(
      path: String, largestFile: Int64 = 100 << 20, backups: Int = 0, days: Int = 0, compresses: Bool = false,
      mode: AuditMode = .blocking, most: Int = 10_000, limits: AuditLimits? = nil
    ) {
      self.compresses = compresses
      self.mode = mode
      self.most = most
      self.limits = limits
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
    var tooLarge = 0
  }

  let policy: AuditPolicy
  private let state = Mutex(State())
  private let thread: OwnedThread
  /// Nil where events are sent to a webhook alone.
  private let file: Mutex<RotatingFile?>
  /// Nil where there is no file.
  private let settings: Settings?
  /// Compresses what was put aside, while lines are written; nil where that is not wished.
  private let archivist: OwnedThread?
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
    self.settings = settings
    let archivist = settings?.compresses == true ? try OwnedThread(name: "apus-archive") : nil
    self.archivist = archivist
    let file = try settings.map { settings in
      let archive = AuditArchive(settings)
      return try RotatingFile(settings, archive) {
        guard let archivist else { return try archive.tidy() }
        archivist.submit {
          do { try archive.tidy() } catch { onFailure(error) }
        }
      }
    }
    self.file = Mutex(file)
    thread = try OwnedThread(name: "apus-audit")
  }

  private var fileMode: AuditMode? { settings?.mode }

  /// How many events were written, and how many were lost: too many waited, the disk failed, or they were too large.
  var counts: (written: Int, lost: Int) {
    state.withLock { ($0.written, $0.dropped + $0.failed + $0.tooLarge) }
  }

  /// Has an event written, and sent where nobody waits for that.
  func write(_ event: AuditEvent) {
    if !sendsAtOnce { webhook?.take(event) }
    guard let settings else { return }
    let starts = state.withLock { state in
      guard state.waiting.count < settings.most else {
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
      let lines = events.compactMap { event -> [UInt8]? in
        guard let limits = settings?.limits else { return event.line() }
        return limits.line(of: event)
      }
      var written = 0
      do {
        try file.withLock { file in
          for line in lines {
            try file?.append(line)
            written += 1
          }
          try file?.flush()
        }
      } catch {
        onFailure(error)
      }
      let (done, lost, tooLarge) = (written, lines.count - written, events.count - lines.count)
      state.withLock { state in
        state.written += done
        state.failed += lost
        state.tooLarge += tooLarge
      }
    }
  }

  /// Writes what waits, and ends.
  public func close() async {
    try? await thread.run { [self] in writeWaiting() }
    thread.stop()
    try? await archivist?.run {}
    archivist?.stop()
    await webhook?.close()
  }
}
