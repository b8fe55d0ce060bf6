import Addressing
import AsyncWork
import Linux
import Synchronization

/// Tells when the rules of iptables' older kind have changed. The kernel announces nothing about them, so they are looked
/// at from time to time.
final class XTablesWatch: FirewallWatch {
  /// One look is a few system calls, some tens of microseconds: rules are back well within a second, and an idle engine
  /// spends a ten-thousandth of a core.
  private static let period = Duration.milliseconds(400)

  private let tables: [IPFamily: [String]]
  private let kernel: XTables
  private let thread: OwnedThread
  /// What was there at the last look. Nothing at first: there is one look at the rules themselves in the beginning.
  private let seen = Mutex<UInt64?>(nil)

  /// - Parameter namespace: the host's network namespace; nil means the calling thread's.
  init(tables: [IPFamily: [String]], in namespace: FileDescriptor?) throws {
    self.tables = tables
    kernel = try XTables(in: namespace)
    // Whoever replaces a table keeps others waiting.
    thread = try OwnedThread(name: "apus-xtables")
  }

  deinit { thread.stop() }

  /// Returns when any rule has changed, by us or by others: the look that follows finds out.
  func next(on reactor: Reactor) async throws {
    while true {
      let (kernel, tables) = (kernel, tables)
      let now = try await thread.run { kernel.fingerprint(ipv4: tables[.v4] ?? [], ipv6: tables[.v6] ?? []) }
      let isNews = seen.withLock { seen in
        defer { seen = now }
        return seen != now
      }
      if isNews { return }
      try await Task.sleep(for: Self.period)
    }
  }
}
