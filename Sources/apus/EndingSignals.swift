import AsyncWork
import Linux

/// The signals that end a process in good order (signal(7)): INT, TERM and QUIT.
enum EndingSignals {
  static let all: [Int32] = [2, 15, 3]

  /// Returns when one has come.
  static func wait(_ signals: SignalStream) async throws {
    let reactor = try Reactor(name: "apus-signals")
    while true {
      try await reactor.waitReadable(signals.descriptor)
      if try signals.next() != nil { return }
    }
  }
}
