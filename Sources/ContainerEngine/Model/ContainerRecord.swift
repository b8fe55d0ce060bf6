import Addressing

/// What the engine knows of a container: what was asked, what was decided, what happened. Kept in the store as JSON;
/// times are nanoseconds since 1970, 0 for never.
public struct ContainerRecord: Codable, Sendable {
  /// 64 hexadecimal digits.
  public let id: String
  /// Without the leading slash.
  public var name: String
  public let created: Int64
  /// `sha256:…`, the digest of the image's configuration.
  public var imageID: String
  /// The user's request, merged with the image's configuration.
  public var definition: ContainerDefinition
  /// Program and arguments that are run.
  public var path: String
  public var arguments: [String]
  /// What the door that made the container wants to find again: the engine keeps it and never looks inside.
  public var doorState: OpaqueBytes
  public var state = ContainerState()
  public var restartCount = 0
  public var mounts: [ContainerMount] = []
  /// The endpoints of this container's sandbox; empty while it does not run.
  public var endpoints: [ContainerEndpoint] = []
  /// IDs of the networks that it was on when it ran last, by name.
  public var lastNetworks: [String: String]?
  /// Variables about linked containers, as they were at its start.
  public var linkEnvironment: [String] = []
  /// The OCI runtime that runs it (`crun`).
  public var runtime: String
  public var platform = "linux"

  /// The first twelve digits, as `docker ps` prints them.
  public var shortID: String { String(id.prefix(12)) }
}

/// Where a container is in its life.
public struct ContainerState: Codable, Sendable, Equatable {
  public enum Status: String, Codable, Sendable { case created, running, paused, restarting, removing, exited, dead }
  public var status: Status = .created
  public var pid: Int32 = 0
  /// Clock ticks since boot when that process started: with the pid it names the process for good.
  public var pidStartTime: UInt64 = 0
  public var exitCode: Int32 = 0
  /// Why the last start failed.
  public var error = ""
  public var oomKilled = false
  public var started: Int64 = 0
  public var finished: Int64 = 0
  /// Somebody stopped it on purpose: `unless-stopped` lets it rest.
  public var stoppedByUser = false
  public var health: HealthState?
  /// A removal that is under way takes the anonymous volumes too: recovery finishes it as it was asked for.
  public var removesVolumes: Bool?

  public var isRunning: Bool { status == .running || status == .paused }
  public init() {}
}

/// What the health check found.
public struct HealthState: Codable, Sendable, Equatable {
  public enum Status: String, Codable, Sendable { case starting, healthy, unhealthy }
  public struct Probe: Codable, Sendable, Equatable {
    public var start: Int64
    public var end: Int64
    public var exitCode: Int32
    public var output: String
  }
  public var status: Status = .starting
  public var failingStreak = 0
  /// The last five.
  public var log: [Probe] = []
  public init() {}
}

/// Something mounted into a container, resolved.
public struct ContainerMount: Codable, Sendable, Equatable {
  public var kind: MountRequest.Kind
  /// The volume's name.
  public var name = ""
  /// Host path.
  public var source: String
  public var destination: String
  public var driver = ""
  public var mode = ""
  public var readOnly = false
  public var propagation = ""
  public var nonRecursive = false
  /// tmpfs options.
  public var options = ""
  /// The engine made this volume for this container (`docker rm -v` removes it).
  public var isAnonymous = false
}

/// One endpoint as the doors show it.
public struct ContainerEndpoint: Codable, Sendable, Equatable {
  public var networkName: String
  public var networkID: String
  public var endpointID: String
  public var interface: String
  public var mac: String
  public var ipv4: String
  public var ipv4PrefixLength: Int
  public var ipv4Gateway: String
  public var ipv6 = ""
  public var ipv6PrefixLength = 0
  public var ipv6Gateway = ""
  public var ports: [PublishedPort] = []
  /// Ports that can be reached at the endpoint's own addresses of the families that its network routes.
  public var openPorts: [ContainerPort] = []
  public var routedFamilies: [IPFamily] = []
  /// Names by which others on the network find the container; empty on the default network, which has no names.
  public var names: [String] = []
}

/// A published port as it is carried.
public struct PublishedPort: Codable, Sendable, Hashable {
  public var container: ContainerPort
  public var hostAddress: String
  public var hostPort: UInt16
  public init(container: ContainerPort, hostAddress: String, hostPort: UInt16) {
    self.container = container
    self.hostAddress = hostAddress
    self.hostPort = hostPort
  }
}
