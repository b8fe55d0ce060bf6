import Linux

/// Where the kernel announces changes (multicast groups).
public struct NetlinkGroup<Family: NetlinkFamily>: Sendable, Hashable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }
}

extension NetlinkGroup where Family == RouteFamily {
  /// Links made, changed and deleted.
  public static var links: Self { Self(rawValue: 1) }
  /// Neighbours and forwarding entries.
  public static var neighbours: Self { Self(rawValue: 3) }
  /// Addresses of links.
  public static var ipv4Addresses: Self { Self(rawValue: 5) }
  /// Routes.
  public static var ipv4Routes: Self { Self(rawValue: 7) }
  /// Rules that choose a table.
  public static var ipv4Rules: Self { Self(rawValue: 8) }
  /// Addresses of links.
  public static var ipv6Addresses: Self { Self(rawValue: 9) }
  /// Routes.
  public static var ipv6Routes: Self { Self(rawValue: 11) }
  /// Rules that choose a table.
  public static var ipv6Rules: Self { Self(rawValue: 19) }
  /// Settings such as forwarding, of links and of the whole host (RTNLGRP_IPV4_NETCONF).
  public static var ipv4Settings: Self { Self(rawValue: 24) }
  /// The same for IPv6.
  public static var ipv6Settings: Self { Self(rawValue: 25) }
}

extension NetlinkGroup where Family == NetfilterFamily {
  /// Connections that the kernel began to track.
  public static var newConnections: Self { Self(rawValue: 1) }
  /// Connections whose state changed.
  public static var changedConnections: Self { Self(rawValue: 2) }
  /// Connections that the kernel forgot.
  public static var endedConnections: Self { Self(rawValue: 3) }
  /// Changes of nf_tables' rules, by anyone.
  public static var nftables: Self { Self(rawValue: 7) }
}

/// A socket that listens to what the kernel announces. It never blocks: wait until `descriptor` is readable, then call
/// `next()` until it says `.nothing`.
public final class NetlinkSubscription<Family: NetlinkFamily>: Sendable {
  /// What `next()` found.
  public enum Reception: Sendable {
    case messages([NetlinkMessage])
    /// The buffer was full and announcements were dropped: whoever keeps a picture must read everything again.
    case lost
    case nothing
  }

  private let socket: NetlinkDescriptor
  /// Non-blocking; readable when something was announced.
  public var descriptor: FileDescriptor { socket.descriptor }

  /// Opens a socket in the calling thread's network namespace, or in the one behind `namespace`, and joins groups.
  public init(_ groups: [NetlinkGroup<Family>], in namespace: FileDescriptor? = nil) throws(NetlinkError) {
    do {
      if let namespace {
        socket = try Namespaces.inside(namespace, .network) {
          try NetlinkDescriptor(family: Family.number, nonBlocking: true)
        }
      } else {
        socket = try NetlinkDescriptor(family: Family.number, nonBlocking: true)
      }
      try socket.setReceiveBuffer(4 << 20)
      for group in groups { try socket.setOption(.addMembership, Int32(bitPattern: group.rawValue)) }
    } catch let error as SystemError {
      throw .system(error, "subscribe to netlink events")
    } catch {
      throw NetlinkError(.inputOutput, "subscribe to netlink events: \(error)", cause: error)
    }
  }

  /// The next announcement, without waiting.
  public func next() throws(NetlinkError) -> Reception {
    while true {
      let datagram: NetlinkDatagram
      do { datagram = try socket.receive(wait: false) } catch {
        switch error.code {
        case .tryAgain: return .nothing
        case .noBufferSpace: return .lost
        default: throw .system(error, "read netlink events")
        }
      }
      // Only the kernel is believed.
      guard datagram.sender == 0 else { continue }
      guard datagram.fullSize == datagram.bytes.count else { return .lost }
      return .messages(try NetlinkMessage.split(datagram.bytes))
    }
  }
}
