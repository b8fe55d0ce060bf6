import AsyncWork
import ContainerEngine
import Glibc
import Linux

/// The signals that end a process in good order (signal(7)): INT, TERM and QUIT.
enum EndingSignals {
  static let all: [Int32] = [2, 15, 3]

  /// Returns when one has come. Another one ends the process at once: whoever sends it does not want to wait, and starting
  /// is recovering.
  static func wait(_ signals: SignalStream) async throws {
    let reactor = try Reactor(name: "apus-signals")
    try await next(of: signals, reactor)
    Task.detached {
      do { try await next(of: signals, reactor) } catch { return }
      Log.warning("a second signal: ending at once")
      Glibc.exit(1)
    }
  }

  private static func next(of signals: SignalStream, _ reactor: Reactor) async throws {
    while true {
      try await reactor.waitReadable(signals.descriptor)
      if try signals.next() != nil { return }
    }
  }
}
