import AsyncWork
import ContainerRuntime
import Linux

/// Opens a container's file system as the container sees it.
///
/// A running one: the root of its first process, in whose mount namespace every volume is at its place. A stopped one: a
/// private mount namespace of a thread of our own, in which the container's root and its volumes are put together; it
/// goes with the thread.
enum ContainerView {
  /// The root of a running container's process; nil when that process has ended.
  static func running(_ record: ContainerRecord) throws -> FileDescriptor? {
    let pid = record.state.pid
    guard pid > 0 else { return nil }
    let root: FileDescriptor
    do { root = try .open("/proc/\(pid)/root", [.pathOnly, .directory]) } catch {
      if error.code == .noEntry || error.code == .noProcess { return nil }
      throw error
    }
    // Only after the root is held: a number that was given to another process meanwhile shows here.
    guard try Processes.startTime(of: pid) == record.state.pidStartTime, try Processes.isAlive(pid) else { return nil }
    return root
  }

  /// Puts a stopped container's file system together. The calling thread gets a mount namespace of its own and must
  /// end soon after.
  static func assemble(_ record: ContainerRecord, mountedAt path: String) throws -> FileDescriptor {
    try Namespaces.unshare(.mount)
    // Nothing that is mounted here may show on the host.
    try Mounts.setPropagation("/", [.slave, .recursive])
    let root = try FileDescriptor.open(path, [.pathOnly, .directory])
    let depth = { (mount: ContainerMount) in mount.destination.split(separator: "/").count }
    for mount in record.mounts.sorted(by: { (depth($0), $0.destination) < (depth($1), $1.destination) }) {
      // What lay in memory went with the container.
      if mount.kind == .tmpfs { continue }
      try bind(mount, in: root)
    }
    return root
  }

  private static func bind(_ mount: ContainerMount, in root: FileDescriptor) throws {
    let source = try FileDescriptor.open(mount.source, .pathOnly)
    let isDirectory = try FileStatus(of: source).kind == .directory
    let path = Array(mount.destination.utf8.dropFirst())
    let reader = RootedTree(root: root)
    let target: RootedTree.Held
    do { target = try reader.hold(path, followLast: true) } catch {
      guard error.code == .noEntry else { throw error }
      let tree = try TreeWriter(root: "/proc/self/fd/\(root.rawValue)")
      let place = try tree.place(path, makeParents: true)
      if isDirectory { try tree.makeDirectory(place, mode: 0o755) } else { _ = try tree.makeFile(place, mode: 0o644) }
      target = try reader.hold(path, followLast: true)
    }
    let targetPath = "/proc/self/fd/\(target.handle.rawValue)"
    try Mounts.bind("/proc/self/fd/\(source.rawValue)", at: targetPath, recursive: !mount.nonRecursive)
    guard mount.readOnly else { return }
    // The handle is below the new mount: the path is resolved again to reach what is on top.
    let mounted = try reader.hold(path, followLast: true)
    try Mounts.mount(
      source: "", at: "/proc/self/fd/\(mounted.handle.rawValue)", type: "", flags: [.bind, .remount, .readOnly])
  }
}

/// A thread for one piece of work that may take long (a client that reads slowly) or that changes the thread itself.
/// Its stack is large enough for walks through deep trees.
enum OwnThread {
  static func run<Result: Sendable>(
    _ name: String, _ body: @escaping @Sendable () throws -> Result
  ) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      do {
        try Threads.start(name: name, stackSize: 16 << 20) { continuation.resume(with: .init(catching: body)) }
      } catch { continuation.resume(throwing: error) }
    }
  }
}
