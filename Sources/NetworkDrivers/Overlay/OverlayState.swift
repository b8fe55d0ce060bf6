import Addressing
import AsyncWork
import Netlink
import NetworkModel

/// What a controller knows and holds of overlay networks.
struct OverlayState {
  /// Where segments are pinned.
  var directory: SandboxDirectory?
  /// Looks at the underlay's links.
  var socket: RouteSocket?
  /// Nil without a cluster store.
  var cluster: ClusterLink?
  var mirror = ClusterMirror()
  /// Segments by the network's id.
  var segments: [String: OverlaySegment] = [:] {
    didSet { segmentsChanged?() }
  }
  /// Called whenever a segment comes or goes.
  var segmentsChanged: (@Sendable () -> Void)?
  /// Held while a network's segment is made, changed or taken down.
  let locks = KeyedLocks()
  /// Addresses of endpoints on their way in, by the endpoint's id: in the store, and not yet among the endpoints.
  var claims: [String: [IPAddress]] = [:]
  /// What the pools have taken out on the cluster's word.
  var pooled: [String: Set<IPAddress>] = [:]
  /// What the names' keeper was told.
  var told: [String: [String: ClusterEndpoint]] = [:]
  var listener: (@Sendable (RemoteMemberChange) -> Void)?
  /// Networks whose tables wait to be brought up to date.
  var waiting: Set<String> = []
  /// Addresses of ours that somebody else has; told once.
  var disputed: Set<IPAddress> = []
  var keeper: Task<Void, Never>?
}

/// An endpoint on another host has come, changed or gone.
public struct RemoteMemberChange: Sendable, Hashable {
  public var networkID: String
  public var networkName: String
  public var endpointID: String
  /// The container's name; nil where the endpoint has gone.
  public var name: String?
  /// All names by which it is found.
  public var names: [String]
  public var addresses: [IPAddress]
}
