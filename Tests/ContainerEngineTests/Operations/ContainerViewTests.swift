import Linux
import Testing

@testable import ContainerEngine

/// These mount, in a namespace of their own thread: they need root.
@Suite struct ContainerViewTests {
  private struct Seen: Sendable {
    var volume: String?
    var fixed: String?
    var writeToVolume: Bool
    var writeToFixed: Errno?
    var listed: [String]
  }

  @Test func stoppedContainerShowsItsVolumesAtTheirPlaces() async throws {
    let root = try Scratch()
    let volume = try Scratch()
    let fixed = try Scratch()
    try volume.write("file", "in the volume")
    try fixed.write("file", "fixed")
    // The place of a volume is a link that looks as if it led to the host.
    try FileSystem.makeDirectory("\(root.path)/real")
    try FileSystem.symbolicLink("\(root.path)/data", to: "/real")
    var record = makeRecord()
    record.mounts = [
      ContainerMount(kind: .volume, name: "fixed", source: fixed.path, destination: "/data/fixed", readOnly: true),
      ContainerMount(kind: .volume, name: "v", source: volume.path, destination: "/data"),
      ContainerMount(kind: .tmpfs, source: "", destination: "/memory"),
    ]
    let assembled = record
    let path = root.path
    let seen = try await OwnThread.run("test") {
      let tree = ContainerTree(root: try ContainerView.assemble(assembled, mountedAt: path))
      var failure: Errno?
      do {
        _ = try TreeWriter(root: "/proc/self/fd/\(tree.reader.root.rawValue)").open(
          Array("real/fixed/new".utf8), [.writeOnly, .create])
      } catch let error as SystemError { failure = error.code }
      let writer = try TreeWriter(root: "/proc/self/fd/\(tree.reader.root.rawValue)")
      _ = try writer.makeFile(try writer.place(Array("data/new".utf8), makeParents: false), mode: 0o644)
      let handle = try tree.hold(ContainerPath("/data/")).open()
      return Seen(
        volume: tree.readText("data/file"), fixed: tree.readText("data/fixed/file"), writeToVolume: true,
        writeToFixed: failure, listed: try RootedTree.names(in: handle).map { String(decoding: $0, as: UTF8.self) })
    }
    #expect(seen.volume == "in the volume")
    #expect(seen.fixed == "fixed")
    #expect(seen.writeToFixed != nil)
    #expect(seen.listed == ["file", "fixed", "new"])
    #expect(FileSystem.exists("\(volume.path)/new"))
    // Nothing of it shows on the host.
    #expect(try FileSystem.list("\(root.path)/real") == [])
    #expect(!FileSystem.exists("\(root.path)/memory"))
    #expect(try !Mounts.all().contains { $0.path.hasPrefix(root.path) })
  }

  @Test func runningContainerIsSeenThroughItsProcess() throws {
    var record = makeRecord()
    record.state.status = .running
    record.state.pid = Processes.current
    record.state.pidStartTime = try #require(try Processes.startTime(of: Processes.current))
    let root = try #require(try ContainerView.running(record))
    #expect(try ContainerTree(root: root).status(ContainerPath("/proc")).mode & 1 << 31 != 0)
  }

  @Test func reusedProcessNumberIsNoticed() throws {
    var record = makeRecord()
    record.state.status = .running
    record.state.pid = Processes.current
    record.state.pidStartTime = 1
    #expect(try ContainerView.running(record) == nil)
    record.state.pid = 0
    #expect(try ContainerView.running(record) == nil)
  }

  @Test func fifosAndDevicesAreArchivedAndNotOpened() throws {
    let scratch = try Scratch()
    let writer = try TreeWriter(root: scratch.path)
    try writer.makeNode(try writer.place(Array("pipe".utf8), makeParents: false), kind: .fifo, mode: 0o600)
    try writer.makeNode(
      try writer.place(Array("null".utf8), makeParents: false), kind: .characterDevice, mode: 0o600, major: 1, minor: 3)
    try writer.makeNode(try writer.place(Array("socket".utf8), makeParents: false), kind: .socket, mode: 0o600)
    let tree = ContainerTree(root: try scratch.open())
    var bytes: [UInt8] = []
    var archive = try TreeArchive { bytes += $0 }
    try archive.add(try tree.hold(ContainerPath("/")), name: [])
    try archive.finish()
    var rest = bytes[...]
    let reader = try ArchiveReader { buffer in
      let count = min(rest.count, buffer.count)
      buffer.replaceSubrange(0..<count, with: rest.prefix(count))
      rest = rest.dropFirst(count)
      return count
    }
    var kinds: [String: FileStatus.Kind] = [:]
    while let entry = try reader.next() { kinds[entry.displayPath] = entry.kind }
    #expect(kinds == ["/": .directory, "/pipe": .fifo, "/null": .characterDevice])
  }
}

@Suite struct DeepTreeTests {
  /// Makes directories inside each other, without names that grow.
  private func nest(_ path: String, levels: Int) throws {
    var directory = try FileDescriptor.open(path, [.readOnly, .directory])
    for _ in 0..<levels {
      let here = "/proc/self/fd/\(directory.rawValue)/d"
      try FileSystem.makeDirectory(here)
      directory = try .open(here, [.readOnly, .directory])
    }
  }

  @Test func deepTreesNeitherCrashNorHang() async throws {
    let scratch = try Scratch()
    try nest(scratch.path, levels: 1500)
    let path = scratch.path
    let (members, walked) = try await OwnThread.run("test") {
      let root = try FileDescriptor.open(path, [.readOnly, .directory])
      var bytes = 0
      var archive = try TreeArchive { bytes += $0.count }
      try archive.add(try ContainerTree(root: root).hold(ContainerPath("/")), name: [])
      try archive.finish()
      var walked = 0
      try TreeReader(directory: root).walk(includingTop: false) { _ in
        walked += 1
        return true
      }
      return (bytes, walked)
    }
    #expect(members > 1500 * 512)
    #expect(walked == 1500)
    try await OwnThread.run("test") { try FileSystem.removeTree(path + "/d") }
  }
}
