/// The `linux` part of a configuration (config-linux.md).
public struct RuntimeLinux: Sendable, Equatable, JSONWritable {
  public var namespaces: [RuntimeNamespace] = []
  public var devices: [RuntimeDevice] = []
  public var cgroupsPath: String?
  public var resources = RuntimeResources()
  public var sysctl: [String: String] = [:]
  public var maskedPaths: [String] = []
  public var readonlyPaths: [String] = []
  /// `shared`, `slave`, `private`; nil leaves the runtime's default.
  public var rootfsPropagation: String?
  public var seccomp: RuntimeSeccomp?

  public init() {}

  public func write(to writer: inout JSONWriter) {
    writer.object { w in
      w.member("resources", resources)
      w.member("cgroupsPath", cgroupsPath)
      w.member("namespaces", namespaces)
      w.member("devices", devices)
      w.member("sysctl", sysctl)
      w.member("rootfsPropagation", rootfsPropagation)
      w.member("maskedPaths", maskedPaths)
      w.member("readonlyPaths", readonlyPaths)
      w.member("seccomp", seccomp)
    }
  }
}

/// A namespace to make, or with a path to join (config-linux.md, Namespaces).
public struct RuntimeNamespace: Sendable, Equatable, JSONWritable {
  public enum Kind: String, Sendable { case pid, network, mount, ipc, uts, user, cgroup }
  public var kind: Kind
  public var path: String?

  public init(_ kind: Kind, path: String? = nil) {
    self.kind = kind
    self.path = path
  }

  public func write(to writer: inout JSONWriter) {
    writer.object { w in
      w.member("type", kind.rawValue)
      w.member("path", path)
    }
  }
}

/// A device node to make in the container's /dev (config-linux.md, Devices).
public struct RuntimeDevice: Sendable, Equatable, JSONWritable {
  /// `c`, `b`, `u` or `p`.
  public var type: String
  public var path: String
  public var major: Int64
  public var minor: Int64
  public var mode: UInt32
  public var user: UInt32
  public var group: UInt32

  public init(type: String, path: String, major: Int64, minor: Int64, mode: UInt32, user: UInt32, group: UInt32) {
    self.type = type
    self.path = path
    self.major = major
    self.minor = minor
    self.mode = mode
    self.user = user
    self.group = group
  }

  public func write(to writer: inout JSONWriter) {
    writer.object { w in
      w.member("type", type)
      w.member("path", path)
      w.member("major", major)
      w.member("minor", minor)
      w.member("fileMode", mode)
      w.member("uid", user)
      w.member("gid", group)
    }
  }
}
