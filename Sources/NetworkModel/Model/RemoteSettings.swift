import Addressing

/// What is known of a network whose driver is a plugin, so that it can be shown while the plugin is away.
public struct RemoteSettings: Sendable, Hashable, Codable {
  /// How far the plugin says its networks reach.
  public var scope: Scope
  /// Whether the plugin has acknowledged the network. One that it has not is taken back when the engine starts.
  public var isSettled: Bool
  public init(scope: Scope, isSettled: Bool = false) {
    self.scope = scope
    self.isSettled = isSettled
  }
}

/// What a plugin has made of an endpoint.
public struct RemoteEndpoint: Sendable, Hashable, Codable {
  /// How far the plugin has been asked to go; whatever it was asked for must be taken back.
  public enum Progress: Int, Sendable, Hashable, Codable {
    /// `CreateEndpoint` may have been made.
    case creating
    /// `Join` may have been made too.
    case joining
    /// The endpoint is complete.
    case joined
    /// It is being taken back.
    case leaving
  }
  public var progress = Progress.creating
  /// What the link is called on the host, where it goes back when the endpoint ends; empty where there is none.
  public var hostLink = ""
  /// Routes through the endpoint besides that of its subnet.
  public var routes: [RemoteRoute] = []
  /// What the plugin publishes, as it tells it itself.
  public var ports: [PublishedPort] = []
  /// What the plugin was asked to publish, and what the container offers: told again when it changes.
  public var exposed: [TransportPort] = []
  public var bindings: [PortBinding] = []
  /// The endpoint's own options, for the plugin.
  public var options: [String: String] = [:]
  public init() {}
}

/// A route that a plugin wants in a sandbox.
public struct RemoteRoute: Sendable, Hashable, Codable {
  public var destination: IPCIDR
  /// Nil where the destination is on the link.
  public var nextHop: IPAddress?
  public init(destination: IPCIDR, nextHop: IPAddress?) {
    self.destination = destination
    self.nextHop = nextHop
  }
}

extension EndpointRecord {
  /// Whether it is all there: a plugin's endpoint may be half made, or half taken back.
  public var isComplete: Bool { remote.map { $0.progress == .joined } ?? true }
}
