import AsyncWork
import Linux
import Netfilter
import Netlink

/// Hears from the kernel when somebody else has changed our table: a firewall that was reloaded, `nft flush ruleset`.
struct FirewallEvents: FirewallWatch {
  private let subscription: NetlinkSubscription<NetfilterFamily>
  private let table: TableName
  /// The thread that changes our rules; what it changes is no news.
  private let ownThread: String

  /// - Parameter namespace: the host's network namespace; nil means the calling thread's.
  init(table: TableName, ownThread: String, in namespace: FileDescriptor?) throws(NetlinkError) {
    subscription = try NetlinkSubscription([.nftables], in: namespace)
    self.table = table
    self.ownThread = ownThread
  }

  /// Returns when somebody else's transaction has touched the table, or when announcements were lost.
  func next(on reactor: Reactor) async throws {
    // Whether the transaction that is being announced touches the table: its end is announced last.
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
            case .change(let name, _): if name == table { isTouched = true }
            case .end(let program, _):
              if isTouched && program != ownThread { isForeign = true }
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
