import AsyncWork
import Linux
import Synchronization

/// Tells of what changes in directories: one thread and one inotify instance for all of them, which begin with the first. A
/// host has few instances for a user (fs.inotify.max_user_instances: 128), and a thread for every file is one too many.
final class DirectoryWatch: Sendable {
  private typealias Listener = AsyncThrowingStream<Void, any Error>.Continuation
  private struct State {
    /// By the kernel's number of the directory, whatever path leads there; then by ticket.
    var listeners: [Int32: [UInt64: Listener]] = [:]
    var ticket: UInt64 = 0
  }

  private static let present = Mutex<DirectoryWatch?>(nil)
  private let state = Mutex(State())
  private let inotify: Inotify

  /// The one of this process.
  static func shared() throws -> DirectoryWatch {
    try present.withLock { present in
      if let present { return present }
      let watch = try DirectoryWatch()
      present = watch
      return watch
    }
  }

  private init() throws {
    inotify = try Inotify()
    let reactor = try Reactor(name: "apus-watched")
    Task { [self] in
      do {
        while true {
          try await reactor.waitReadable(inotify.descriptor)
          deliver(try inotify.events())
        }
      } catch {
        // Who asks next begins anew.
        Self.present.withLock { $0 = nil }
        fail(error)
      }
    }
  }

  /// A signal whenever a file in a directory has been written or has got its name, and one at once. It ends where the
  /// directory goes.
  func changes(in directory: String) throws -> AsyncThrowingStream<Void, any Error> {
    let (stream, continuation) = AsyncThrowingStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let (number, ticket) = try state.withLock { state in
      let number = try inotify.add(directory, [.closedAfterWrite, .movedTo])
      state.ticket += 1
      state.listeners[number, default: [:]][state.ticket] = continuation
      return (number, state.ticket)
    }
    continuation.onTermination = { [weak self] _ in self?.forget(number, ticket) }
    continuation.yield()
    return stream
  }

  private func forget(_ number: Int32, _ ticket: UInt64) {
    state.withLock { state in
      guard state.listeners[number]?.removeValue(forKey: ticket) != nil else { return }
      if state.listeners[number]?.isEmpty == true {
        state.listeners[number] = nil
        inotify.remove(number)
      }
    }
  }

  private func deliver(_ events: [Inotify.Event]) {
    let (told, ended) = state.withLock { state in
      var gone: [Listener] = []
      for event in events where event.mask.contains(.ignored) {
        // Taken away with its directory; or by `forget`, and then nobody is left.
        gone += (state.listeners.removeValue(forKey: event.watch) ?? [:]).values
      }
      let all = events.contains { $0.mask.contains(.overflow) }
      let numbers = all ? Set(state.listeners.keys) : Set(events.map(\.watch))
      return (numbers.flatMap { (state.listeners[$0] ?? [:]).values }, gone)
    }
    for listener in told { listener.yield() }
    for listener in ended { listener.finish() }
  }

  private func fail(_ error: any Error) {
    let all = state.withLock { state in
      defer { state.listeners = [:] }
      return state.listeners.values.flatMap(\.values)
    }
    for listener in all { listener.finish(throwing: error) }
  }
}
