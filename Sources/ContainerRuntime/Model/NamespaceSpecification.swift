/// Which namespaces a container has to itself and which it shares.
public struct NamespaceSpecification: Codable, Sendable, Equatable {
  public enum Network: Codable, Sendable, Equatable {
    /// A namespace that is there: a pin, or `/proc/<pid>/ns/net`.
    case path(String)
    case host
    /// A new one with nothing but a loopback that is down.
    case none
  }
  public enum Choice: Codable, Sendable, Equatable {
    case `private`
    case host
    /// `/proc/<pid>/ns/<kind>` of another container.
    case path(String)
  }
  public enum IPC: Codable, Sendable, Equatable {
    /// A namespace and a /dev/shm of its own that nobody else can join.
    case `private`
    /// The same, and others may join: `sharedMemoryPath` is a tmpfs that the caller mounted on the host.
    case shareable(sharedMemoryPath: String)
    /// A namespace of its own without /dev/shm.
    case none
    /// The host's namespace and its /dev/shm.
    case host
    /// Another container's namespace and its /dev/shm.
    case path(String, sharedMemoryPath: String?)
  }
  public var network: Network = .none
  public var ipc: IPC = .private
  public var pid: Choice = .private
  public var uts: Choice = .private
  /// nil: a private one on cgroup v2, the host's on v1, as docker does.
  public var cgroup: Choice?
  public init() {}
}
