import AsyncWork
import Linux
import Netfilter
import Netlink

/// Hears from the kernel when somebody else has changed a chain that is ours, or one that leads to ours. The programs of
/// the nft kind keep their tables in nf_tables, under the names of iptables.
struct IptablesEvents: FirewallWatch {
  private let subscription: NetlinkSubscription<NetfilterFamily>
  private let programs: IptablesPrograms
  private let chains: FirewallChains

  /// - Parameters:
  ///   - programs: what they change is no news.
  ///   - namespace: the host's network namespace; nil means the calling thread's.
  init(programs: IptablesPrograms, chains: FirewallChains, in namespace: FileDescriptor?) throws(NetlinkError) {
    subscription = try NetlinkSubscription([.nftables], in: namespace)
    self.programs = programs
    self.chains = chains
  }

  /// Returns when somebody else's transaction has touched our chains, or when announcements were lost.
  func next(on reactor: Reactor) async throws {
    var isTouched = false
    while true {
      try await reactor.waitReadable(subscription.descriptor)
      var isForeign = false
      reading: while true {
        switch try subscription.next() {
        case .nothing: break reading
        case .lost: isForeign = true
        case .messages(let messages):
          for message in messages {
            switch try NftablesEvent(message) {
            case .change(let table, let chain):
              if isTouched || (table.family != .ipv4 && table.family != .ipv6) { continue }
              isTouched = chains.isOurConcern(table: table.name, chain: chain)
            case .end(_, let thread):
              if isTouched && !programs.isOwn(process: thread) { isForeign = true }
              isTouched = false
            case nil: break
            }
          }
        }
      }
      if isForeign { return }
    }
  }
}

/// The kernel says nothing about its older tables: we look from time to time.
struct IptablesPeriod: FirewallWatch {
  /// A look runs two programs, 10 ms of one core together on the reference machine: every five seconds that is a
  /// five-hundredth of a core, every second it would be as much as an idle engine needs for everything else.
  static let length = Duration.seconds(5)

  func next(on reactor: Reactor) async throws { try await Task.sleep(for: Self.length) }
}
