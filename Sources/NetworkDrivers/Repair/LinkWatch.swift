import AsyncWork
import Linux
import Netlink

/// Hears from the kernel what becomes of the links of one namespace, by whomever it is done.
final class LinkWatch: Sendable {
  private let subscription: NetlinkSubscription<RouteFamily>

  /// - Parameters:
  ///   - tables: whether the tables of neighbours and forwarding are of interest, too.
  ///   - namespace: nil means the calling thread's.
  init(tables: Bool = false, in namespace: FileDescriptor?) throws(NetlinkError) {
    var groups: [NetlinkGroup<RouteFamily>] = [.links]
    if tables {
      groups.append(.neighbours)
    } else {
      groups += [.ipv4Addresses, .ipv6Addresses, .ipv4Routes, .ipv6Routes, .ipv4Settings, .ipv6Settings]
    }
    subscription = try NetlinkSubscription(groups, in: namespace)
  }

  /// Waits for announcements and returns all that are there.
  func news(on reactor: Reactor) async throws -> LinkNews {
    try await reactor.waitReadable(subscription.descriptor)
    var news = LinkNews()
    while true {
      switch try subscription.next() {
      case .nothing: return news
      case .lost: news.isIncomplete = true
      case .messages(let messages):
        for message in messages where !RouteEvent.isNewRoute(message) {
          if let event = try RouteEvent(message) { news.take(event) }
        }
      }
    }
  }
}
