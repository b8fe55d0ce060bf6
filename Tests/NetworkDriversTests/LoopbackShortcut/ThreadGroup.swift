import Linux
import Testing

@testable import NetworkDrivers

/// A control group of the v2 tree that single threads of this process join, so that programs can be attached where nobody
/// else meets them (cgroups(7), "Thread mode").
struct ThreadGroup: Sendable {
  let path: String
  private let parent: String

  /// Makes a group below this process's own, runs `body`, and removes the group.
  static func with(_ body: (ThreadGroup) async throws -> Void) async throws {
    let group = try ThreadGroup()
    do { try await body(group) } catch {
      try FileSystem.removeDirectory(group.path)
      throw error
    }
    try FileSystem.removeDirectory(group.path)
  }

  private init() throws {
    let root = try #require(LoopbackShortcuts.rootGroup(try Mounts.all()))
    let line = try FileSystem.readText("/proc/self/cgroup").split(separator: "\n").first { $0.hasPrefix("0::") }
    let own = try #require(line).dropFirst(3)
    parent = own == "/" ? root : root + own
    path = "\(parent)/apus-test-\(UInt32.random(in: 0 ... .max))"
    try FileSystem.makeDirectory(path)
    try FileSystem.writeKernelFile(path + "/cgroup.type", "threaded")
  }

  /// Runs `body` on a thread of its own in a namespace, as a member of the group.
  func inside<Result: Sendable>(
    _ namespace: FileDescriptor, _ body: @escaping @Sendable () throws -> Result
  ) async throws -> Result {
    try await Lab.onThread { [path, parent] in
      try Namespaces.enter(namespace, .network)
      try FileSystem.writeKernelFile(path + "/cgroup.threads", "0")
      defer {
        // A group with members cannot be removed, and the thread ends some time after its result is there.
        do { try FileSystem.writeKernelFile(parent + "/cgroup.threads", "0") } catch { Issue.record("\(error)") }
      }
      return try body()
    }
  }

  /// The programs of ours that are attached to it, by their names.
  func programs() throws -> [CgroupHook: [String]] {
    let group = try FileDescriptor.open(path, [.readOnly, .directory])
    var found: [CgroupHook: [String]] = [:]
    for hook in CgroupHook.allCases {
      let names = try CgroupPrograms.attached(to: group, hook).map { try BPFProgram(id: $0).name }
      if !names.isEmpty { found[hook] = names }
    }
    return found
  }

  /// All entries of its table.
  func entries() throws -> [ShortcutEntry] {
    try ShortcutTable(path: path).locked { group in
      guard let map = try ShortcutTable(path: path).entries(group) else { return [] }
      return try map.entries().compactMap { ShortcutEntry(key: $0.key, value: $0.value) }
    }
  }
}
