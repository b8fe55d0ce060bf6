import Linux
import Synchronization
import Testing

@testable import ContainerEngine

/// Collects an archive's bytes.
private final class Collected: Sendable {
  private let state = Mutex<[UInt8]>([])
  func append(_ bytes: [UInt8]) { state.withLock { $0 += bytes } }
  var bytes: [UInt8] { state.withLock { $0 } }
}

private func source(_ bytes: [UInt8]) -> (inout [UInt8]) throws -> Int {
  var rest = bytes[...]
  return { buffer in
    // Small pieces, so that members are cut everywhere.
    let count = min(rest.count, buffer.count, 1000)
    buffer.replaceSubrange(0..<count, with: rest.prefix(count))
    rest = rest.dropFirst(count)
    return count
  }
}

private func archive(_ entries: [(ArchiveEntry, String)]) throws -> [UInt8] {
  let collected = Collected()
  let writer = try ArchiveWriter { collected.append($0) }
  for (entry, text) in entries {
    var entry = entry
    entry.size = Int64(text.utf8.count)
    try writer.writeHeader(entry)
    if !text.isEmpty { try writer.write(Array(text.utf8)) }
  }
  try writer.finish()
  return collected.bytes
}

private func member(_ path: String, _ kind: FileStatus.Kind = .regular) -> ArchiveEntry {
  ArchiveEntry(path: Array(path.utf8), kind: kind, mode: kind == .directory ? 0o755 : 0o644, modified: (1000, 0))
}

@Suite struct TreeArchiveTests {
  private func pack(_ scratch: Scratch, _ path: String) throws -> [UInt8] {
    let collected = Collected()
    let tree = ContainerTree(root: try scratch.open())
    let wanted = ContainerPath(path)
    var archive = try TreeArchive { collected.append($0) }
    try archive.add(try tree.hold(wanted), name: Array(wanted.archiveName.utf8))
    try archive.finish()
    return collected.bytes
  }

  private func names(_ bytes: [UInt8]) throws -> [String] {
    let reader = try ArchiveReader(source: source(bytes))
    var names: [String] = []
    while let entry = try reader.next() { names.append(entry.displayPath) }
    return names
  }

  private func sample() throws -> Scratch {
    let scratch = try Scratch()
    try FileSystem.makeDirectories("\(scratch.path)/dir/sub")
    try scratch.write("dir/file", "hello")
    try FileSystem.link("\(scratch.path)/dir/file", to: "\(scratch.path)/dir/second")
    try FileSystem.symbolicLink("\(scratch.path)/dir/link", to: "/etc/passwd")
    try FileSystem.symbolicLink("\(scratch.path)/todir", to: "/dir")
    return scratch
  }

  @Test func directoryByItsName() throws {
    #expect(try names(pack(sample(), "/dir")) == ["dir/", "dir/file", "dir/link", "dir/second", "dir/sub/"])
  }

  @Test func contentsOnly() throws {
    #expect(try names(pack(sample(), "/dir/.")) == ["./", "./file", "./link", "./second", "./sub/"])
  }

  @Test func linkIsALinkUnlessASlashFollows() throws {
    #expect(try names(pack(sample(), "/todir")) == ["todir"])
    #expect(
      try names(pack(sample(), "/todir/")) == ["todir/", "todir/file", "todir/link", "todir/second", "todir/sub/"])
  }

  @Test func roundTripKeepsContentLinksAndTimes() throws {
    let from = try sample()
    let to = try Scratch()
    try FileSystem.makeDirectory("\(to.path)/in")
    try TreeExtraction().extract(into: try to.open(), below: Array("in".utf8), source: source(try pack(from, "/dir")))
    #expect(try to.text("in/dir/file") == "hello")
    #expect(try FileSystem.readLink("\(to.path)/in/dir/link") == "/etc/passwd")
    let file = try FileStatus(path: "\(to.path)/in/dir/file")
    #expect(file.links == 2)
    #expect(try FileStatus(path: "\(to.path)/in/dir/second").inode == file.inode)
    #expect(file.modified.seconds == (try FileStatus(path: "\(from.path)/dir/file")).modified.seconds)
  }

  @Test func statusOfALinkTellsWhereItLeads() throws {
    let scratch = try sample()
    defer { withExtendedLifetime(scratch) {} }
    let tree = ContainerTree(root: try scratch.open())
    let status = try tree.status(ContainerPath("/todir"))
    #expect(status.linkTarget == "/dir")
    #expect(status.mode & 1 << 27 != 0)
    #expect(try tree.status(ContainerPath("/todir/file")).name == "file")
    #expect(try tree.status(ContainerPath("/dir/link")).linkTarget == "/etc/passwd")
    #expect(throws: SystemError.self) { try tree.status(ContainerPath("/dir/file/")) }
    #expect(throws: SystemError.self) { try tree.status(ContainerPath("/nothing")) }
  }

  @Test func linksNeverLeadOut() throws {
    let scratch = try Scratch()
    defer { withExtendedLifetime(scratch) {} }
    try FileSystem.symbolicLink("\(scratch.path)/up", to: "../../../../etc")
    try FileSystem.symbolicLink("\(scratch.path)/magic", to: "/proc/self/root/etc")
    try FileSystem.symbolicLink("\(scratch.path)/loop", to: "loop")
    let tree = ContainerTree(root: try scratch.open())
    for path in ["/up/passwd", "/magic/passwd", "/loop/x", "/../../etc/passwd"] {
      #expect(throws: SystemError.self) { try tree.status(ContainerPath(path)) }
    }
    #expect(tree.readText("up/passwd") == nil)
    // The same links lead to what is at these places inside.
    try FileSystem.makeDirectory("\(scratch.path)/etc")
    try scratch.write("etc/passwd", "inside")
    #expect(tree.readText("up/passwd") == "inside")
    #expect(tree.readText("../../etc/passwd") == "inside")
  }
}

@Suite struct TreeExtractionTests {
  private func extract(_ scratch: Scratch, _ bytes: [UInt8], keepKinds: Bool = false) throws {
    var extraction = TreeExtraction()
    extraction.keepKinds = keepKinds
    try extraction.extract(into: try scratch.open(), below: Array("root/in".utf8), source: source(bytes))
  }

  private func place() throws -> Scratch {
    let scratch = try Scratch()
    try FileSystem.makeDirectories("\(scratch.path)/root/in")
    return scratch
  }

  @Test func membersThatClimbAreRefused() throws {
    let scratch = try place()
    #expect(throws: EngineError.self) { try extract(scratch, archive([(member("../evil"), "x")])) }
    #expect(throws: EngineError.self) { try extract(scratch, archive([(member("a/../../evil"), "x")])) }
    #expect(!FileSystem.exists("\(scratch.path)/root/evil"))
  }

  @Test func linksInTheArchiveStayInsideTheRoot() throws {
    let scratch = try place()
    let outside = try Scratch()
    var link = member("door", .symbolicLink)
    link.linkTarget = Array(outside.path.utf8)
    var climb = member("climb", .symbolicLink)
    climb.linkTarget = Array("../../../../../../../..\(outside.path)".utf8)
    let bytes = try archive([(link, ""), (member("door/evil"), "x")])
    // The link leads to a place in the root that is not there: either an error, or something made inside.
    do { try extract(scratch, bytes) } catch {}
    do { try extract(scratch, archive([(climb, ""), (member("climb/evil"), "x")])) } catch {}
    #expect(try FileSystem.list(outside.path) == [])
  }

  @Test func hardLinksToFilesOutsideAreRefused() throws {
    let scratch = try place()
    var link = member("steal")
    link.hardLink = Array("../../../etc/passwd".utf8)
    #expect(throws: (any Error).self) { try extract(scratch, archive([(link, "")])) }
    #expect(!FileSystem.exists("\(scratch.path)/root/in/steal"))
  }

  @Test func directoriesMergeAndFilesAreReplaced() throws {
    let scratch = try place()
    try FileSystem.makeDirectories("\(scratch.path)/root/in/d")
    try scratch.write("root/in/d/old", "old")
    try scratch.write("root/in/f", "old and longer")
    try FileSystem.symbolicLink("\(scratch.path)/root/in/l", to: "f")
    try extract(
      scratch,
      archive([(member("d", .directory), ""), (member("d/new"), "new"), (member("f"), "new"), (member("l"), "own")]))
    #expect(try scratch.text("root/in/d/old") == "old")
    #expect(try scratch.text("root/in/d/new") == "new")
    #expect(try scratch.text("root/in/f") == "new")
    #expect(try scratch.text("root/in/l") == "own")
    #expect(try FileStatus(path: "\(scratch.path)/root/in/l").kind == .regular)
    #expect(try FileStatus(path: "\(scratch.path)/root/in/d").modified.seconds == 1000)
  }

  @Test func kindsAreKeptWhenAsked() throws {
    let scratch = try place()
    try FileSystem.makeDirectories("\(scratch.path)/root/in/d")
    try scratch.write("root/in/f", "x")
    #expect(throws: EngineError.self) { try extract(scratch, archive([(member("d"), "x")]), keepKinds: true) }
    #expect(throws: EngineError.self) {
      try extract(scratch, archive([(member("f", .directory), "")]), keepKinds: true)
    }
    try extract(scratch, archive([(member("d"), "x")]))
    #expect(try scratch.text("root/in/d") == "x")
  }

  @Test func ownerIsForced() throws {
    let scratch = try place()
    var extraction = TreeExtraction()
    extraction.owner = (1234, 5678)
    try extraction.extract(into: try scratch.open(), below: [], source: source(try archive([(member("f"), "x")])))
    let status = try FileStatus(path: "\(scratch.path)/f")
    #expect(status.user == 1234)
    #expect(status.group == 5678)
  }

  @Test func compressedArchive() throws {
    let scratch = try place()
    let compressed = try Deflater().write(archive([(member("f"), "zipped")]), finish: true)
    try extract(scratch, compressed)
    #expect(try scratch.text("root/in/f") == "zipped")
  }

  @Test func brokenArchives() throws {
    let scratch = try place()
    let whole = try archive([(member("f"), String(repeating: "x", count: 5000))])
    #expect(throws: (any Error).self) { try extract(scratch, Array(whole.prefix(2000))) }
    #expect(throws: (any Error).self) { try extract(scratch, [UInt8](repeating: 7, count: 2048)) }
  }
}
