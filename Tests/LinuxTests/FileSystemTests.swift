import Linux
import Testing

@Suite struct FileSystemTests {
  @Test func replaceIsAllOrNothing() throws {
    try withScratch { path in
      let file = "\(path)/state"
      try FileSystem.replace(file, Array("one".utf8), durable: false)
      try FileSystem.replace(file, Array("two".utf8), durable: true)
      #expect(try FileSystem.readText(file) == "two")
      #expect(try FileSystem.list(path) == ["state"])
    }
  }

  @Test func aFileThatIsNotThereIsToldFromOneThatCannotBeRead() throws {
    try withScratch { path in
      try FileSystem.write("\(path)/file", [7])
      #expect(try FileSystem.readIfPresent("\(path)/file") == [7])
      #expect(try FileSystem.readIfPresent("\(path)/none") == nil)
      #expect(try FileSystem.readIfPresent("\(path)/file/none") == nil)
      let error = #expect(throws: SystemError.self) { try FileSystem.readIfPresent(path) }
      #expect(error?.code == .isDirectory)
    }
  }

  @Test func directories() throws {
    try withScratch { path in
      try FileSystem.makeDirectories("\(path)/a/b/c")
      try FileSystem.makeDirectories("\(path)/a/b/c")
      #expect(try FileStatus(path: "\(path)/a/b/c").kind == .directory)
      let notEmpty = #expect(throws: SystemError.self) { try FileSystem.removeDirectory("\(path)/a") }
      #expect(notEmpty?.code == .notEmpty)
      try FileSystem.removeDirectory("\(path)/a/b/c")
      try FileSystem.removeDirectory("\(path)/a/b/c")
      #expect(!FileSystem.exists("\(path)/a/b/c"))
      #expect(FileSystem.directory(of: "/a/b/c") == "/a/b" && FileSystem.name(of: "/a/b/c") == "c")
    }
  }

  @Test func removingATreeFollowsNoLinks() throws {
    try withScratch { path in
      try FileSystem.makeDirectories("\(path)/keep")
      try FileSystem.write("\(path)/keep/file", [1])
      try FileSystem.makeDirectories("\(path)/tree/deep/deeper")
      try FileSystem.symbolicLink("\(path)/tree/deep/link", to: "../../keep")
      try FileSystem.symbolicLink("\(path)/tree/file-link", to: "\(path)/keep/file")
      try FileSystem.write("\(path)/tree/deep/deeper/file", [2])
      try FileSystem.removeTree("\(path)/tree")
      #expect(!FileSystem.exists("\(path)/tree"))
      #expect(try FileSystem.read("\(path)/keep/file") == [1])
      try FileSystem.removeTree("\(path)/tree")
    }
  }

  @Test func linksAndNames() throws {
    try withScratch { path in
      try FileSystem.write("\(path)/a", [7])
      try FileSystem.link("\(path)/a", to: "\(path)/b")
      #expect(try FileStatus(path: "\(path)/a").inode == FileStatus(path: "\(path)/b").inode)
      try FileSystem.rename("\(path)/b", to: "\(path)/c")
      try FileSystem.symbolicLink("\(path)/s", to: "c")
      #expect(try FileSystem.readLink("\(path)/s") == "c")
      #expect(try FileStatus(path: "\(path)/s").kind == .symbolicLink)
      #expect(try FileStatus(path: "\(path)/s", followLinks: true).kind == .regular)
      #expect(try Set(FileSystem.list(path)) == ["a", "c", "s"])
      try FileSystem.removeFile("\(path)/s")
      try FileSystem.removeFile("\(path)/s")
      try FileSystem.changeMode("\(path)/c", 0o4755)
      #expect(try FileStatus(path: "\(path)/c").mode == 0o4755)
    }
  }

  @Test func readingHasALimit() throws {
    #expect(try FileSystem.read("/dev/zero", limit: 1000).count == 1000)
    let missing = #expect(throws: SystemError.self) { try FileSystem.read("/nonexistent/file") }
    #expect(missing?.description == "open /nonexistent/file: no such file or directory")
  }

  @Test func extendedAttributes() throws {
    try withScratch { path in
      try FileSystem.write("\(path)/f", [])
      #expect(try ExtendedAttributes.get("trusted.test", of: "\(path)/f") == nil)
      try ExtendedAttributes.set("trusted.test", [1, 0, 2], of: "\(path)/f")
      #expect(try ExtendedAttributes.get("trusted.test", of: "\(path)/f") == [1, 0, 2])
      #expect(try ExtendedAttributes.list("\(path)/f").contains("trusted.test"))
    }
  }

  @Test func changesAreNoticed() throws {
    try withScratch { path in
      let inotify = try Inotify()
      let watch = try inotify.add(path, [.created, .deleted, .movedTo])
      #expect(try inotify.events().isEmpty)
      try FileSystem.write("\(path)/a-file", [])
      try FileSystem.rename("\(path)/a-file", to: "\(path)/b")
      try FileSystem.removeFile("\(path)/b")
      let events = try inotify.events()
      #expect(events.map(\.name) == ["a-file", "b", "b"])
      #expect(events.map(\.mask) == [.created, .movedTo, .deleted])
      #expect(events.allSatisfy { $0.watch == watch })
    }
  }
}
