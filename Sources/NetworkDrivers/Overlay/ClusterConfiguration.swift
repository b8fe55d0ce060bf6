import Addressing
import KeyValueStore
import NetworkModel

/// How an engine takes part in a cluster of engines.
public struct ClusterConfiguration: Sendable, Hashable {
  /// Where a host's tunnels end (`--cluster-advertise`).
  public enum Advertised: Sendable, Hashable {
    case address(IPAddress)
    /// The first global address of a link of the host.
    case link(String)
  }
  /// The cluster's store (`--cluster-store`).
  public var store: EtcdLocation
  public var advertised: Advertised
  /// Where subnets of overlay networks are cut from.
  public var pools: [AddressPool] = Self.defaultPools
  /// Seconds after its last sign of life for which a host is believed to live.
  public var timeToLive: Int64 = 10
  /// Seconds that a host is believed to live after its engine was stopped in good order: its containers go on.
  public var absence: Int64 = 900

  public init(store: EtcdLocation, advertised: Advertised) {
    self.store = store
    self.advertised = advertised
  }

  /// Docker's pool for networks that span hosts.
  public static let defaultPools = [
    IPCIDR("10.0.0.0/8").flatMap { AddressPool(base: $0, size: 24) }
  ].compactMap { $0 }
}
