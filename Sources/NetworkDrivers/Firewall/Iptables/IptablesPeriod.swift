import AsyncWork

/// The kernel says nothing about iptables' older tables: we look from time to time.
struct IptablesPeriod: FirewallWatch {
  /// A look runs two programs, 10 ms of one core together on the reference machine: every five seconds that is a
  /// five-hundredth of a core, every second it would be as much as an idle engine needs for everything else.
  static let length = Duration.seconds(5)

  func next(on reactor: Reactor) async throws { try await Task.sleep(for: Self.length) }
}
