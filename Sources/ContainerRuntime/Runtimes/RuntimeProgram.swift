import Linux

/// An OCI runtime that is installed on the host.
public struct RuntimeProgram: Sendable, Equatable {
  /// How users call it: `crun`, `runc`, or the name that the configuration gives it.
  public let name: String
  public let path: String
  /// What the program calls itself in `--version`: its directory of states and its messages depend on it.
  public var isCrun: Bool { FileSystem.name(of: path).hasPrefix("crun") }

  public init(name: String, path: String) {
    self.name = name
    self.path = path
  }
}

/// Programs of the host that containers need, and the Debian packages that bring them.
enum HostPrograms {
  private static let directories = [
    "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/libexec/podman",
    "/usr/lib/podman",
  ]

  /// Path of a program; nil where it is not installed.
  static func find(_ name: String) -> String? {
    if name.contains("/") { return FileSystem.isExecutable(name) ? name : nil }
    return directories.map { "\($0)/\(name)" }.first { FileSystem.isExecutable($0) }
  }

  static func missing(_ name: String) -> RuntimeError {
    let packages = ["crun": "crun", "runc": "runc", "conmon": "conmon", "tini-static": "tini", "ps": "procps"]
    let help =
      packages[name].map { "install it with: apt-get install \($0)" }
      ?? "check the name and the path in the configuration"
    return RuntimeError(.missingProgram, "\(name) is not installed on this host; \(help)")
  }
}
