import Linux
import NetworkModel

/// Network namespaces pinned under the run directory, one file each. Calls block.
struct SandboxDirectory: Sendable {
  private let directory: String

  init(directory: String) throws {
    self.directory = directory
    try FileSystem.makeDirectories(directory, mode: 0o755)
  }

  func path(_ id: String) -> String { "\(directory)/\(id)" }

  /// Makes a namespace with loopback up, pinned under its id.
  func create(_ id: String) throws {
    let path = path(id)
    if FileSystem.exists(path) {
      throw NetworkError(.conflict, "sandbox \(id) exists")
    }
    let namespace = try Namespaces.createNetwork(pinnedAt: path)
    do { try HostNetwork.prepare(namespace) } catch {
      try Namespaces.unpin(path)
      throw error
    }
  }

  /// A handle on a living sandbox; nil when there is none, or only the file of one from before the last boot.
  func open(_ id: String) throws -> FileDescriptor? {
    let path = path(id)
    guard FileSystem.exists(path) else { return nil }
    // NSFS_MAGIC: the pin is a namespace and not a plain file.
    guard try FileSystem.capacity(path).type == 0x6E73_6673 else { return nil }
    return try FileDescriptor.open(path, .readOnly)
  }

  /// Lets the namespace go; it ends with its last process. Already gone is no error.
  func remove(_ id: String) throws { try Namespaces.unpin(path(id)) }

  func all() throws -> [String] { try FileSystem.list(directory) }
}
