/// A device node of the host shown to a container.
public struct DeviceSpecification: Codable, Sendable, Equatable {
  /// A node, or a directory whose nodes are all shown.
  public var hostPath: String
  public var containerPath: String
  /// Of `r`, `w` and `m` (mknod).
  public var permissions: String
  public init(hostPath: String, containerPath: String, permissions: String = "rwm") {
    self.hostPath = hostPath
    self.containerPath = containerPath
    self.permissions = permissions
  }
}
