import Linux
import OCI

/// Device nodes of the host.
enum DeviceNodes {
  /// The node, or the nodes below a directory.
  static func find(_ device: DeviceSpecification) throws -> [ResolvedHostObjects.Device] {
    let status: FileStatus
    do { status = try FileStatus(path: device.hostPath, followLinks: true) } catch {
      throw RuntimeError(
        .invalidSpecification,
        "error gathering device information while adding custom device \"\(device.hostPath)\": "
          + "\(error.code == .noEntry ? "no such file or directory" : error.code.description)", cause: error)
    }
    if status.kind == .directory {
      return try walk(device.hostPath, shownAt: device.containerPath, permissions: device.permissions)
    }
    guard let found = make(status, shownAt: device.containerPath, permissions: device.permissions) else {
      throw RuntimeError(
        .invalidSpecification,
        "error gathering device information while adding custom device \"\(device.hostPath)\": not a device node")
    }
    return [found]
  }

  /// All of the host's, for a privileged container; terminals and what each container has of its own are left out.
  static func all() throws -> [ResolvedHostObjects.Device] {
    try walk("/dev", shownAt: "/dev", permissions: "rwm")
  }

  /// Numbers of a block device.
  static func number(_ path: String) throws(RuntimeError) -> ResolvedHostObjects.Number {
    do {
      let status = try FileStatus(path: path, followLinks: true)
      return .init(major: Int64(status.specialMajor), minor: Int64(status.specialMinor))
    } catch {
      throw RuntimeError(.invalidSpecification, "block device \(path): \(error.code)", cause: error)
    }
  }

  private static let skipped: Set<String> = [
    "pts", "shm", "fd", "mqueue", "console", "ptmx", "core", ".lxc", ".lxd-mounts", ".udev", "stdin", "stdout",
    "stderr", "null", "zero", "full", "random", "urandom", "tty",
  ]

  private static func walk(
    _ directory: String, shownAt: String, permissions: String
  ) throws -> [ResolvedHostObjects.Device] {
    var found: [ResolvedHostObjects.Device] = []
    for name in try FileSystem.list(directory).sorted() where directory != "/dev" || !skipped.contains(name) {
      let path = "\(directory)/\(name)"
      let status: FileStatus
      do { status = try FileStatus(path: path) } catch {
        if error.code == .noEntry { continue }
        throw error
      }
      if status.kind == .directory {
        found += try walk(path, shownAt: "\(shownAt)/\(name)", permissions: permissions)
      } else if let device = make(status, shownAt: "\(shownAt)/\(name)", permissions: permissions) {
        found.append(device)
      }
    }
    return found
  }

  private static func make(
    _ status: FileStatus, shownAt path: String, permissions: String
  ) -> ResolvedHostObjects.Device? {
    let type: String
    switch status.kind {
    case .characterDevice: type = "c"
    case .blockDevice: type = "b"
    default: return nil
    }
    return .init(
      node: RuntimeDevice(
        type: type, path: path, major: Int64(status.specialMajor), minor: Int64(status.specialMinor),
        mode: status.mode, user: status.user, group: status.group),
      permissions: permissions.isEmpty ? "rwm" : permissions)
  }
}
