import Linux
import Testing

@Suite struct FileDescriptorTests {
  @Test func pipeCarriesBytesAndEnds() throws {
    let (read, write) = try FileDescriptor.pipe()
    try write.writeAll(Array("hello".utf8))
    #expect(try read.read(upTo: 3) == Array("hel".utf8))
    write.close()
    #expect(try read.readToEnd() == Array("lo".utf8))
    #expect(try read.read(upTo: 1).isEmpty)
  }

  @Test func closingTwiceHitsNobody() throws {
    let (read, write) = try FileDescriptor.pipe()
    let duplicate = try write.duplicate()
    write.close()
    write.close()
    #expect(write.rawValue == -1)
    #expect(duplicate.rawValue >= 3)
    try duplicate.writeAll([1])
    #expect(try read.read(upTo: 1) == [1])
    let error = #expect(throws: SystemError.self) { try write.read(upTo: 1) }
    #expect(error?.code == .badDescriptor)
  }

  @Test func nonBlockingSaysTryAgain() throws {
    let (read, write) = try FileDescriptor.pipe(nonBlocking: true)
    let empty = #expect(throws: SystemError.self) { try read.read(upTo: 1) }
    #expect(empty?.code == .tryAgain)
    var taken = 0
    let full = #expect(throws: SystemError.self) {
      for _ in 0..<1000 { taken += try write.write([UInt8](repeating: 0, count: 4096)) }
    }
    #expect(full?.code == .tryAgain && taken >= 4096)
    try read.setNonBlocking(false)
    #expect(try read.read(upTo: 10).count == 10)
  }

  @Test func aWidePipeTakesMore() throws {
    let (read, write) = try FileDescriptor.pipe(nonBlocking: true)
    let room = try write.setPipeCapacity(300_000)
    #expect(room >= 300_000)
    #expect(try write.write([UInt8](repeating: 7, count: 300_000)) == 300_000)
    let narrow = #expect(throws: SystemError.self) { try read.setPipeCapacity(4096) }
    #expect(narrow?.code == .busy)
    let (next, into) = try FileDescriptor.pipe(nonBlocking: true)
    try into.setPipeCapacity(300_000)
    #expect(try read.splice(to: into, upTo: 300_000) == 300_000)
    #expect(try next.read(upTo: 400_000) == [UInt8](repeating: 7, count: 300_000))
  }

  @Test func descriptorsAreNotInherited() throws {
    let (read, write) = try FileDescriptor.pipe()
    let (output, input) = try FileDescriptor.pipe()
    let child = try ChildProcess.start(
      ProcessRequest(
        "/bin/sh", ["-c", "ls /proc/self/fd | wc -l"], environment: ["PATH=/bin:/usr/bin"],
        descriptors: [nil, input, nil]))
    input.close()
    // 0, 1, 2 and the directory that ls reads.
    #expect(String(decoding: try output.readToEnd(), as: UTF8.self) == "4\n")
    #expect(try child.wait() == .exited(0))
    withExtendedLifetime((read, write)) {}
  }

  @Test func positionsAndSizes() throws {
    try withScratch { path in
      let file = try FileDescriptor.open("\(path)/f", [.readWrite, .create, .exclusive], mode: 0o640)
      try file.writeAll(Array("0123456789".utf8))
      #expect(try file.read(upTo: 3, at: 4) == Array("456".utf8))
      try file.truncate(to: 5)
      try file.synchronize(dataOnly: true)
      let status = try FileStatus(of: file)
      #expect(status.size == 5 && status.mode == 0o640 && status.kind == .regular && status.links == 1)
      let again = #expect(throws: SystemError.self) {
        try FileDescriptor.open("\(path)/f", [.readWrite, .create, .exclusive])
      }
      #expect(again?.code == .exists && again?.subject == "\(path)/f")
    }
  }

  @Test func locksExclude() throws {
    try withScratch { path in
      let first = try FileDescriptor.open("\(path)/lock", [.readWrite, .create])
      try first.tryLock()
      let second = try FileDescriptor.open("\(path)/lock", .readWrite)
      let error = #expect(throws: SystemError.self) { try second.tryLock() }
      #expect(error?.code == .tryAgain)
      first.close()
      // Another test that is just starting a program may have given it the lock for a moment.
      try second.lock()
    }
  }

  @Test func aLockThatAChildHasIsWaitedFor() throws {
    try withScratch { path in
      let first = try FileDescriptor.open("\(path)/lock", [.readWrite, .create])
      try first.tryLock()
      let input = try FileDescriptor.pipe()
      let child = try ChildProcess.start(ProcessRequest("/bin/cat", [], descriptors: [input.read, first, nil]))
      input.read.close()
      first.close()
      let second = try FileDescriptor.open("\(path)/lock", .readWrite)
      #expect(#expect(throws: SystemError.self) { try second.lock(within: 5) }?.code == .tryAgain)
      input.write.close()
      try second.lock(within: 60_000)
      #expect(try child.wait() == .exited(0))
    }
  }

  @Test func nothingResolvesOutsideOfItsRoot() throws {
    try withScratch { path in
      try FileSystem.makeDirectories("\(path)/root/etc")
      try FileSystem.write("\(path)/secret", Array("secret".utf8))
      try FileSystem.write("\(path)/root/etc/file", Array("inside".utf8))
      try FileSystem.symbolicLink("\(path)/root/absolute", to: "/etc/file")
      try FileSystem.symbolicLink("\(path)/root/climbing", to: "../../../../secret")
      let root = try FileDescriptor.open("\(path)/root", [.pathOnly, .directory])
      #expect(try FileDescriptor.open("absolute", under: root, .readOnly).readToEnd() == Array("inside".utf8))
      #expect(try FileDescriptor.open("../../etc/file", under: root, .readOnly).readToEnd() == Array("inside".utf8))
      let climbing = #expect(throws: SystemError.self) { try FileDescriptor.open("climbing", under: root, .readOnly) }
      #expect(climbing?.code == .noEntry)
      let link = #expect(throws: SystemError.self) {
        try FileDescriptor.open("absolute", under: root, .readOnly, resolve: [.beneath, .noSymlinks])
      }
      #expect(link?.code == .loop)
    }
  }
}
