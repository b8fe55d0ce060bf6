import AsyncWork
import Linux
import Netfilter
import Netlink

/// Hears from the kernel when somebody else has changed rules that are ours: a firewall that was reloaded,
/// `nft flush ruleset`. The programs of iptables' nft kind keep their tables in nf_tables as well, under the names of
/// iptables.
struct FirewallEvents: FirewallWatch {
  private let subscription: NetlinkSubscription<NetfilterFamily>
  private let isOurs: @Sendable (TableName, _ chain: String?) -> Bool
  private let isByUs: @Sendable (_ program: String, _ thread: Int32) -> Bool

  /// - Parameters:
  ///   - namespace: the host's network namespace; nil means the calling thread's.
  ///   - isOurs: whether a change of a table, or of one of its chains, can be one of our rules.
  ///   - isByUs: whether it is one of our threads or programs that has made a transaction: that is no news.
  init(
    in namespace: FileDescriptor?, isOurs: @escaping @Sendable (TableName, _ chain: String?) -> Bool,
    isByUs: @escaping @Sendable (_ program: String, _ thread: Int32) -> Bool
  ) throws(NetlinkError) {
    subscription = try NetlinkSubscription([.nftables], in: namespace)
    self.isOurs = isOurs
    self.isByUs = isByUs
  }

  /// Returns when somebody else's transaction has touched our rules, or when announcements were lost.
  func next(on reactor: Reactor) async throws {
    // Whether the transaction that is being announced touches our rules: its end is announced last.
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
            case .change(let table, let chain): isTouched = isTouched || isOurs(table, chain)
            case .end(let program, let thread):
              if isTouched && !isByUs(program, thread) { isForeign = true }
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
