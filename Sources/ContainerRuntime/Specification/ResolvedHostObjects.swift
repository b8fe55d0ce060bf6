import Linux
import OCI

/// What a specification names and only the host can tell: numbers of users and devices, the propagation of mounts.
/// Looked up first, so that building a configuration is a pure function.
struct ResolvedHostObjects: Equatable {
  var identity: UserDatabase.Identity
  /// Nodes to make, with the rules that they need.
  var devices: [Device] = []
  /// Device numbers by host path, for limits of block I/O.
  var blockDevices: [String: Number] = [:]
  /// Sources of bind mounts that are no directories.
  var files: Set<String> = []

  struct Device: Equatable {
    var node: RuntimeDevice
    var permissions: String
  }
  struct Number: Equatable {
    var major: Int64
    var minor: Int64
  }
}
