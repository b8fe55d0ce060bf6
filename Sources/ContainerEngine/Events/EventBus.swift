import AsyncWork
import Linux
import Synchronization

/// Something that happened to an object of the engine.
public struct Event: Sendable, Equatable {
  public enum Kind: String, Sendable { case container, image, volume, network, daemon, builder, plugin }
  public let kind: Kind
  /// `create`, `start`, `die`, … in docker's spelling.
  public let action: String
  /// Id of the object, or a volume's name.
  public let actor: String
  public let attributes: [String: String]
  /// Nanoseconds since 1970.
  public let time: Int64

  public init(
    _ kind: Kind, _ action: String, actor: String, attributes: [String: String] = [:], time: Int64 = Clock.realtime
  ) {
    self.kind = kind
    self.action = action
    self.actor = actor
    self.attributes = attributes
    self.time = time
  }
}

/// Tells everybody who listens what happened, and the latecomers what happened lately.
public final class EventBus: Sendable {
  /// How many past events `since` can look back on; dockerd keeps as many.
  public static let memory = 256

  private struct State {
    var past: [Event] = []
    var listeners: [UInt64: AsyncStream<Event>.Continuation] = [:]
    var next: UInt64 = 0
  }
  private let state = Mutex(State())

  public init() {}

  public func publish(_ event: Event) {
    let listeners = state.withLock { state in
      state.past.append(event)
      if state.past.count > Self.memory { state.past.removeFirst(state.past.count - Self.memory) }
      return Array(state.listeners.values)
    }
    for listener in listeners { listener.yield(event) }
  }

  /// Past events from `since` on (none when nil), then live ones until `until` (for ever when nil), both in
  /// nanoseconds since 1970. A listener that falls behind by 4,096 events loses the oldest of them.
  public func subscribe(since: Int64? = nil, until: Int64? = nil) -> AsyncStream<Event> {
    let (stream, continuation) = AsyncStream<Event>.makeStream(bufferingPolicy: .bufferingNewest(4096))
    let key: UInt64? = state.withLock { state in
      if let since {
        for event in state.past where event.time >= since && event.time <= until ?? .max { continuation.yield(event) }
      }
      if let until, until <= Clock.realtime { return nil }
      state.next += 1
      state.listeners[state.next] = continuation
      return state.next
    }
    guard let key else {
      continuation.finish()
      return stream
    }
    let timer: Task<Void, Never>? = until.map { until in
      Task {
        do { try await Task.sleep(for: .nanoseconds(until - Clock.realtime)) } catch { return }
        continuation.finish()
      }
    }
    continuation.onTermination = { [weak self] _ in
      timer?.cancel()
      _ = self?.state.withLock { $0.listeners.removeValue(forKey: key) }
    }
    return stream
  }

  /// Ends all streams; for shutdown.
  public func finish() {
    let listeners = state.withLock { state in
      let listeners = Array(state.listeners.values)
      state.listeners = [:]
      return listeners
    }
    for listener in listeners { listener.finish() }
  }
}
