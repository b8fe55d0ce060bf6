import APIMachinery
import Synchronization

/// Sends audit events to a service of the operator's (Kubernetes, "Auditing", webhook backend): many at a time, and where it
/// cannot keep up events are dropped and counted; or each by itself, while the request waits.
public final class AuditWebhook: Sendable {
  /// How events are sent; kube-apiserver's values unless set.
  public struct Settings: Sendable {
    let access: OutboundAccess
    public var mode = AuditMode.batch
    /// Events that are sent at once.
    public var batch = 400
    /// How long an event waits for others.
    public var patience = Duration.seconds(30)
    /// Events that wait.
    public var most = 10_000
    /// Before events are sent once more that could not be sent.
    public var pause = Duration.seconds(10)
    /// How often batches are sent; nil for as often as there are any.
    public var pace: AuditPace? = AuditPace(perSecond: 10, burst: 15)
    /// Nil where events may be as large as they are.
    public var limits: AuditLimits?

    public init(_ access: OutboundAccess) { self.access = access }
  }

  private struct State {
    var waiting: [AuditEvent] = []
    var timer: Task<Void, Never>?
    var pace: AuditPace?
    /// Until the next batch may be sent.
    var rest: Task<Void, Never>?
    var sent = 0
    var lost = 0
    var isClosed = false
  }

  private static let timeout = Duration.seconds(30)
  private static let largestAnswer = 1 << 20
  private static let agent = "kube-apiserver"

  private let settings: Settings
  private let client: OutboundClient
  private let onFailure: @Sendable (String) -> Void
  private let state: Mutex<State>
  private let looks: AsyncStream<Void>
  private let look: AsyncStream<Void>.Continuation
  private let sender: Mutex<Task<Void, Never>?> = Mutex(nil)

  /// - Parameter onFailure: told when events are lost.
  public init(_ settings: Settings, client: OutboundClient, onFailure: @escaping @Sendable (String) -> Void) {
    self.settings = settings
    self.client = client
    self.onFailure = onFailure
    state = Mutex(State(pace: settings.pace))
    (looks, look) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let task = Task { [looks] in
      for await _ in looks { await self.sendDue() }
    }
    sender.withLock { $0 = task }
  }

  var mode: AuditMode { settings.mode }

  /// How many events were sent, and lost.
  var counts: (sent: Int, lost: Int) { state.withLock { ($0.sent, $0.lost) } }

  func take(_ event: AuditEvent) {
    let isFull = state.withLock { state in
      guard !state.isClosed, state.waiting.count < settings.most else {
        state.lost += 1
        return false
      }
      state.waiting.append(event)
      if state.waiting.count == 1 { state.timer = timer() }
      return state.waiting.count >= settings.batch
    }
    if isFull { look.yield() }
  }

  /// Has events sent that have waited long enough.
  private func timer() -> Task<Void, Never> {
    Task { [look, patience = settings.patience] in
      do { try await Task.sleep(for: patience) } catch { return }
      look.yield()
    }
  }

  /// Sends what waits, batch by batch.
  private func sendDue() async {
    while let events = nextBatch() {
      await rest()?.value
      _ = await send(events)
    }
  }

  /// Nil where nothing has to be waited for: in the end everything is sent as it is.
  private func rest() -> Task<Void, Never>? {
    state.withLock { state in
      guard !state.isClosed, let delay = state.pace?.delay(at: .now), delay > .zero else { return nil }
      let task = Task { do { try await Task.sleep(for: delay) } catch {} }
      state.rest = task
      return task
    }
  }

  /// Sends one event now.
  /// - Returns: false where it is lost.
  func send(_ event: AuditEvent) async -> Bool { await send([event]) }

  private func send(_ events: [AuditEvent]) async -> Bool {
    guard let limits = settings.limits else { return await send(events.map { $0.line() }) }
    let lines = events.compactMap { limits.line(of: $0) }
    if lines.count < events.count {
      state.withLock { $0.lost += events.count - lines.count }
      onFailure("event is too large even after truncating")
    }
    var isSent = true
    for batch in limits.batches(lines) where await !send(batch) { isSent = false }
    return isSent
  }

  private func send(_ lines: [[UInt8]]) async -> Bool {
    do throws(OutboundFailure) {
      _ = try await settings.access.ask(
        Self.list(lines), by: client, agent: Self.agent, within: Self.timeout, limit: Self.largestAnswer,
        pause: settings.pause)
      state.withLock { $0.sent += lines.count }
      return true
    } catch {
      state.withLock { $0.lost += lines.count }
      onFailure(error.message)
      return false
    }
  }

  private func nextBatch() -> [AuditEvent]? {
    state.withLock { state in
      guard !state.waiting.isEmpty else { return nil }
      let events = Array(state.waiting.prefix(settings.batch))
      state.waiting.removeFirst(events.count)
      state.timer?.cancel()
      state.timer = nil
      return events
    }
  }

  private static func list(_ lines: [[UInt8]]) -> [UInt8] {
    var bytes = Array(#"{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":["#.utf8)
    for (index, line) in lines.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      bytes += line
    }
    bytes += Array("]}".utf8)
    return bytes
  }

  /// Sends what waits, once, and ends.
  public func close() async {
    let tasks = state.withLock { state in
      state.isClosed = true
      return [state.timer, state.rest]
    }
    for task in tasks { task?.cancel() }
    look.yield()
    look.finish()
    await sender.withLock { $0 }?.value
  }
}
