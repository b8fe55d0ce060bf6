import CLinux
import Glibc

/// The control groups of one path in whatever layout the host has: a directory in each v1 tree, or one in the v2 tree.
public struct Cgroup: Sendable, Equatable {
  /// Path below each tree's root, `/apus/<id>`.
  public let path: String
  public let features: CgroupFeatures

  public init(path: String, features: CgroupFeatures) {
    self.path = path.hasPrefix("/") ? path : "/" + path
    self.features = features
  }

  /// The directory in a controller's tree; nil where the host has none.
  public func directory(_ controller: String) -> String? {
    if features.layout == .unified { return features.unifiedMount.map { $0 + path } }
    return features.mounts[controller].map { $0 + path }
  }

  /// Every directory that this group may have; several controllers may share one.
  public var directories: [String] {
    var all = Set(features.mounts.values)
    if let unified = features.unifiedMount { all.insert(unified) }
    if features.layout != .unified { all.insert("/sys/fs/cgroup/systemd") }
    return all.sorted().map { $0 + path }
  }

  /// Processes of the group and of the groups in it. Blocks.
  public func processes() throws(SystemError) -> [Int32] {
    let candidates = ["pids", "memory", "cpu", "devices", "freezer"].compactMap { directory($0) }
    guard let directory = candidates.first(where: { FileSystem.exists($0) }) else { return [] }
    return try Self.processes(below: directory).sorted()
  }

  private static func processes(below directory: String) throws(SystemError) -> Set<Int32> {
    var found: Set<Int32> = []
    do throws(SystemError) {
      let text = try FileSystem.readText(directory + "/cgroup.procs")
      found.formUnion(text.split(separator: "\n").compactMap { Int32($0) })
      for child in try children(of: directory) { found.formUnion(try processes(below: child)) }
    } catch {
      // A group that goes away while we look holds nobody; a threaded one cannot be listed.
      guard error.code == .noEntry || error.code == .noDevice || error.code == .notSupported else { throw error }
    }
    return found
  }

  static func children(of directory: String) throws(SystemError) -> [String] {
    var found: [String] = []
    for name in try FileSystem.list(directory) {
      let path = "\(directory)/\(name)"
      if let status = try? FileStatus(path: path), status.kind == .directory { found.append(path) }
    }
    return found
  }

  /// Sends a signal to every process of the group. Blocks.
  public func signalAll(_ signal: Int32) throws(SystemError) {
    for pid in try processes() {
      if kill(pid, signal) != 0, Errno.current != .noProcess { throw SystemError(.current, "kill", "\(pid)") }
    }
  }

  /// Kills who is left and removes the group from every tree, and its parent groups are left. Blocks, and waits for at
  /// most about two seconds for the killed to go; `.busy` when they do not.
  public func remove() throws(SystemError) {
    var first: SystemError?
    for directory in directories {
      do { try remove(directory) } catch { first = first ?? error }
    }
    if let first { throw first }
  }

  private func remove(_ directory: String) throws(SystemError) {
    guard FileSystem.exists(directory) else { return }
    do {
      for child in try Self.children(of: directory) { try remove(child) }
    } catch {
      // Somebody else removed it while we looked.
      if error.code != .noEntry { throw error }
    }
    for attempt in 0..<200 {
      if rmdir(directory) == 0 { return }
      let code = Errno.current
      if code == .noEntry { return }
      guard code == .busy else { throw SystemError(code, "rmdir", directory) }
      // Busy: somebody is in it. v1 has no event for the last process' leaving, so look again shortly.
      for pid in try Self.processes(below: directory) { kill(pid, SIGKILL) }
      usleep(attempt < 20 ? 500 : 10_000)
    }
    throw SystemError(.busy, "rmdir", directory)
  }

  /// Whether the group is frozen. Blocks.
  public func isFrozen() -> Bool {
    switch features.layout {
    case .unified:
      guard let directory = directory(""), let text = try? FileSystem.readText(directory + "/cgroup.events") else {
        return false
      }
      return text.contains("frozen 1")
    case .legacy, .hybrid:
      guard let directory = directory("freezer"), let text = try? FileSystem.readText(directory + "/freezer.state")
      else { return false }
      return text.hasPrefix("FROZEN")
    }
  }
}
