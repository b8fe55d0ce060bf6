/// Something to mount into a container.
public struct MountSpecification: Codable, Sendable, Equatable {
  public enum Kind: Codable, Sendable, Equatable {
    /// A file or directory of the host.
    case bind(source: String)
    /// A file system in memory; size in bytes (nil: half of the memory), mode with the sticky bit.
    case tmpfs(size: Int64?, mode: UInt32?)
  }
  public var kind: Kind
  /// Absolute path in the container.
  public var target: String
  public var readOnly = false
  /// `rprivate`, `private`, `rshared`, `shared`, `rslave`, `slave`; binds only.
  public var propagation = "rprivate"
  /// Shows what is mounted below the source too; binds only.
  public var recursive = true
  /// Further options of mount(8), `noexec`, `nr_inodes=1k`; they win over the defaults.
  public var options: [String] = []

  public init(_ kind: Kind, target: String, readOnly: Bool = false) {
    self.kind = kind
    self.target = target
    self.readOnly = readOnly
  }

  /// A bind mount of a host path.
  public static func bind(_ source: String, target: String, readOnly: Bool = false) -> MountSpecification {
    .init(.bind(source: source), target: target, readOnly: readOnly)
  }

  /// A file system in memory with options in the words of `docker run --tmpfs`: `size=64m,mode=1777,noexec`.
  public static func tmpfs(target: String, options: String) -> MountSpecification {
    var mount = MountSpecification(.tmpfs(size: nil, mode: nil), target: target)
    mount.options = options.split(separator: ",").map(String.init)
    return mount
  }
}
