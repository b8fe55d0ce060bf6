import AsyncWork
import ContainerRuntime
import Linux
import Testing

/// Directories, a root file system of busybox and a runtime, all of which go away afterwards.
final class RuntimeFixture: Sendable {
  let directory: String
  let runtime: ContainerRuntime
  let pool: BlockingPool
  let reactor: Reactor
  let ends: Ends

  var root: String { directory + "/root" }
  var cgroupParent: String { "/apus-test-" + FileSystem.name(of: directory) }

  static var isPossible: Bool {
    SystemFacts.effectiveUser == 0 && FileSystem.isExecutable("/bin/busybox")
      && FileSystem.isExecutable("/usr/bin/conmon") && FileSystem.isExecutable("/usr/bin/crun")
  }

  private init() throws {
    SignalStream.ignoreBrokenPipes()
    directory = "/tmp/rt\(UInt32.random(in: 0 ... .max))"
    try FileSystem.makeDirectory(directory, mode: 0o700)
    for name in ["bin", "etc", "proc", "sys", "dev", "tmp"] {
      try FileSystem.makeDirectories("\(directory)/root/\(name)")
    }
    try FileSystem.write("\(directory)/root/bin/busybox", try FileSystem.read("/bin/busybox"), mode: 0o755)
    for name in ["sh", "true", "cat", "echo", "sleep", "id", "ls", "stty", "env", "head", "dd", "yes", "pwd", "grep"] {
      try FileSystem.symbolicLink("\(directory)/root/bin/\(name)", to: "busybox")
    }
    try FileSystem.write(
      "\(directory)/root/etc/passwd", Array("root:x:0:0::/root:/bin/sh\nweb:x:1000:1000::/home/web:/bin/sh\n".utf8))
    try FileSystem.write(
      "\(directory)/root/etc/group", Array("root:x:0:\nweb:x:1000:\nextra:x:2000:web\n".utf8))
    pool = try BlockingPool(name: "test")
    reactor = try Reactor()
    runtime = try ContainerRuntime(Self.configuration(directory), pool: pool, reactor: reactor)
    ends = Ends(runtime)
  }

  static func configuration(_ directory: String) -> ContainerRuntime.Configuration {
    .init(runDirectory: directory + "/run", dataDirectory: directory + "/data")
  }

  /// A further engine on the same directories, as after a crash of the first.
  func successor(_ change: (inout ContainerRuntime.Configuration) -> Void = { _ in }) throws -> ContainerRuntime {
    var configuration = Self.configuration(directory)
    change(&configuration)
    return try ContainerRuntime(configuration, pool: pool, reactor: reactor)
  }

  /// Processes of the host, monitors among them, on whose command line this fixture's directory stands.
  func processes() throws -> [Int32] {
    try FileSystem.list("/proc").compactMap(Int32.init).filter { pid in
      guard let line = try FileSystem.readIfPresent("/proc/\(pid)/cmdline") else { return false }
      return String(decoding: line, as: UTF8.self).contains(directory)
    }
  }

  /// A process' parent: of a container's first process, its monitor.
  static func parent(of pid: Int32) throws -> Int32? {
    let text = try FileSystem.readText("/proc/\(pid)/stat")
    guard let end = text.lastIndex(of: ")") else { return nil }
    let fields = text[text.index(after: end)...].split(separator: " ")
    return fields.count > 1 ? Int32(fields[1]) : nil
  }

  static func with(_ body: (RuntimeFixture) async throws -> Void) async throws {
    let fixture = try RuntimeFixture()
    var failure: (any Error)?
    do { try await body(fixture) } catch { failure = error }
    for name in try FileSystem.list(fixture.directory + "/run/containers") {
      do { try await fixture.runtime.delete(name) } catch { failure = failure ?? error }
    }
    for name in ["crun", "runc", "exits", "tmp", "containers"] {
      let path = "\(fixture.directory)/run/\(name)"
      if FileSystem.exists(path) { #expect(try FileSystem.list(path).isEmpty, "\(name)") }
    }
    let parent = Cgroup(path: fixture.cgroupParent, features: fixture.runtime.features.cgroups)
    #expect(try parent.processes() == [])
    try parent.remove()
    try FileSystem.removeTree(fixture.directory)
    if let failure { throw failure }
  }

  func specification(_ id: String, _ arguments: [String]) -> ContainerSpecification {
    ContainerSpecification(
      id: id, process: ProcessSpecification(arguments: arguments), rootPath: root, cgroupPath: "\(cgroupParent)/\(id)")
  }

  func sh(_ id: String, _ script: String) -> ContainerSpecification { specification(id, ["/bin/sh", "-c", script]) }

  /// Runs a container to its end.
  func run(_ specification: ContainerSpecification) async throws -> (exit: ContainerExit, output: String) {
    _ = try await runtime.create(specification)
    try await runtime.start(specification.id)
    let exit = await ends.of(specification.id)
    let output = try await log(specification.id)
    try await runtime.delete(specification.id)
    return (exit, output)
  }

  func log(_ id: String, _ query: LogQuery = .init()) async throws -> String {
    var bytes: [UInt8] = []
    for try await entry in runtime.logs(of: id, query) { bytes += entry.bytes }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Reads an attachment until its end, or until `text` was seen.
  func read(_ attachment: ProcessAttachment, until text: String? = nil) async throws -> String {
    var bytes: [UInt8] = []
    while let chunk = try await attachment.next() {
      bytes += chunk.bytes
      if let text, String(decoding: bytes, as: UTF8.self).contains(text) { break }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// The ends of containers, kept until somebody asks.
actor Ends {
  private var seen: [String: ContainerExit] = [:]
  private var waiters: [String: CheckedContinuation<ContainerExit, Never>] = [:]

  init(_ runtime: ContainerRuntime) {
    Task { for await exit in runtime.exits { await self.add(exit) } }
  }

  private func add(_ exit: ContainerExit) {
    if let waiter = waiters.removeValue(forKey: exit.id) {
      waiter.resume(returning: exit)
    } else {
      seen[exit.id] = exit
    }
  }

  func of(_ id: String) async -> ContainerExit {
    if let exit = seen.removeValue(forKey: id) { return exit }
    return await withCheckedContinuation { waiters[id] = $0 }
  }
}
