import Linux
import Testing

@testable import ImageStore

/// Layers that try to get out, and layers that use every kind of file.
@Suite struct TreeExtractorTests {
  /// Unpacks into `<directory>/root`, beside which `outside` must stay as it is.
  private func extract(
    _ entries: [ArchiveEntry], _ files: [String: [UInt8]] = [:], _ body: (String) throws -> Void = { _ in }
  ) throws {
    let directory = "/tmp/apus-extract-\(UInt64.random(in: 0 ... .max))"
    try FileSystem.makeDirectories(directory + "/root")
    try FileSystem.makeDirectory(directory + "/outside")
    defer { try? FileSystem.removeTree(directory) }
    let tar = try ImageFixture.tar(entries, files)
    let result = Result { try unpack(tar, directory + "/root") }
    try #expect(FileSystem.list(directory + "/outside").isEmpty)
    try #expect(FileSystem.list(directory).sorted() == ["outside", "root"])
    try result.get()
    try body(directory + "/root")
  }

  private func unpack(_ tar: [UInt8], _ root: String) throws {
    var rest = tar[...]
    let reader = try ArchiveReader { buffer in
      let count = min(buffer.count, rest.count, 700)
      buffer.replaceSubrange(0..<count, with: rest.prefix(count))
      rest = rest.dropFirst(count)
      return count
    }
    try TreeExtractor(root: root, style: .layer).extract(reader)
  }

  @Test func everyKind() throws {
    var owned = ArchiveEntry.file("bin/su", mode: 0o4755)
    owned.user = 12
    owned.group = 34
    owned.attributes = [
      (Array("user.x".utf8), [1, 2]), (Array("trusted.overlay.redirect".utf8), Array("/etc".utf8)),
    ]
    var node = ArchiveEntry(path: Array("dev/null".utf8), kind: .characterDevice, mode: 0o666)
    node.deviceMajor = 1
    node.deviceMinor = 3
    try extract(
      [
        .directory("bin"), owned, .hardLink("bin/sudo", to: "bin/su"), .link("sbin", to: "bin"), node,
        ArchiveEntry(path: Array("fifo".utf8), kind: .fifo, mode: 0o600), .directory("tmp", mode: 0o1777),
        .file("tmp/é"),
      ], ["bin/su": Array("x".utf8)]
    ) { root in
      let status = try FileStatus(path: root + "/bin/su")
      #expect(status.mode == 0o4755 && status.user == 12 && status.group == 34 && status.links == 2)
      #expect(status.modified.seconds == 1_700_000_000)
      try #expect(ExtendedAttributes.get("user.x", of: root + "/bin/su") == [1, 2])
      try #expect(ExtendedAttributes.get("trusted.overlay.redirect", of: root + "/bin/su") == nil)
      try #expect(FileStatus(path: root + "/bin/sudo").inode == status.inode)
      try #expect(FileSystem.readLink(root + "/sbin") == "bin")
      try #expect(FileStatus(path: root + "/dev/null").special == 0x103)
      try #expect(FileStatus(path: root + "/fifo").kind == .fifo)
      try #expect(FileStatus(path: root + "/tmp").mode == 0o1777)
      try #expect(FileStatus(path: root + "/tmp").modified.seconds == 1_700_000_000)
      #expect(FileSystem.exists(root + "/tmp/é"))
    }
  }

  @Test(arguments: ["../outside/x", "a/../../outside/x", "/../outside/x"]) func climbingNames(_ name: String) {
    #expect(throws: ImageStoreError.self) { try extract([.file(name)]) }
  }

  @Test func linksOutStayInside() throws {
    // Inside the root the link leads to `/outside`, which is not there; `extract` checks that the real one stays empty.
    #expect(throws: ImageStoreError.self) { try extract([.link("l", to: "../outside"), .file("l/x")]) }
    try extract([.directory("outside"), .link("l", to: "../outside"), .file("l/x")]) { root in
      #expect(FileSystem.exists(root + "/outside/x"))
    }
  }

  @Test func absoluteLinksStayInside() throws {
    try extract([.directory("etc"), .link("l", to: "/etc"), .file("l/x")]) { root in
      #expect(FileSystem.exists(root + "/etc/x"))
    }
  }

  @Test func hardLinksOutAreRefused() {
    #expect(throws: ImageStoreError.self) { try extract([.hardLink("x", to: "../../../etc/passwd")]) }
    #expect(throws: ImageStoreError.self) { try extract([.link("l", to: "/"), .hardLink("x", to: "l/nothing")]) }
  }

  @Test func filesReplaceLinksAndNotTheirTargets() throws {
    try extract([.file("a"), .link("l", to: "a"), .file("l")], ["a": [1], "l": [2]]) { root in
      try #expect(FileSystem.read(root + "/a") == [1])
      try #expect(FileSystem.read(root + "/l") == [2])
    }
  }

  @Test func whiteoutsAndOpaque() throws {
    try extract([
      .directory("d"), .file("d/.wh..wh..opq"), .file("d/new"), .file(".wh.gone"), .file(".wh.again"),
      .directory("again"),
      .file(".wh..wh.plnk"),
    ]) { root in
      try #expect(ExtendedAttributes.get("trusted.overlay.opaque", of: root + "/d") == Array("y".utf8))
      try #expect(FileStatus(path: root + "/gone").kind == .characterDevice)
      // A directory that replaces one of the layers below hides what was in that.
      try #expect(FileStatus(path: root + "/again").kind == .directory)
      try #expect(ExtendedAttributes.get("trusted.overlay.opaque", of: root + "/again") == Array("y".utf8))
      try #expect(FileSystem.list(root).sorted() == ["again", "d", "gone"])
    }
  }

  @Test func fileInTheWayOfADirectoryIsRefused() {
    #expect(throws: ImageStoreError.self) { try extract([.file("a"), .file("a/b")]) }
  }

  /// Broken archives end in an error or in files inside the root, never outside, never in a trap.
  @Test func fuzz() throws {
    let good = try ImageFixture.tar(
      [.directory("d"), .file("d/a"), .link("l", to: "../outside"), .hardLink("h", to: "d/a"), .file(".wh.x")],
      ["d/a": [1, 2, 3]])
    for _ in 0..<300 {
      var tar = good
      for _ in 0..<Int.random(in: 1...6) { tar[Int.random(in: tar.indices)] = .random(in: 0 ... .max) }
      let directory = "/tmp/apus-extract-\(UInt64.random(in: 0 ... .max))"
      try FileSystem.makeDirectories(directory + "/root")
      defer { try? FileSystem.removeTree(directory) }
      try? unpack(tar, directory + "/root")
      try #expect(FileSystem.list(directory) == ["root"])
    }
  }
}
