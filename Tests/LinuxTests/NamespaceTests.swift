import Linux
import Testing

@Suite struct NamespaceTests {
  @Test func insideComesBack() async throws {
    try await onOwnThread {
      let home = try FileStatus(of: Namespaces.current(.network)).inode
      try Namespaces.unshare(.network)
      let other = try Namespaces.current(.network)
      let there = try FileStatus(of: other).inode
      #expect(there != home)
      try Namespaces.unshare(.network)
      let here = try FileStatus(of: Namespaces.current(.network)).inode
      let seen = try Namespaces.inside(other, .network) { try FileStatus(of: Namespaces.current(.network)).inode }
      #expect(seen == there)
      #expect(throws: SystemError.self) {
        try Namespaces.inside(other, .network) { throw SystemError(.busy, "test") }
      }
      #expect(try FileStatus(of: Namespaces.current(.network)).inode == here)
      let wrongKind = #expect(throws: SystemError.self) { try Namespaces.enter(other, .ipc) }
      #expect(wrongKind?.code == .invalid)
    }
  }

  @Test func pinnedNamespaceLivesUntilUnpinned() async throws {
    try await onOwnThread {
      try withScratch { path in
        let pin = "\(path)/net"
        let home = try FileStatus(of: Namespaces.current(.network)).inode
        let handle = try Namespaces.createNetwork(pinnedAt: pin)
        #expect(try FileStatus(of: Namespaces.current(.network)).inode == home)
        #expect(try FileStatus(path: pin).inode == FileStatus(of: handle).inode)
        #expect(try Mounts.all().contains { $0.path == pin && $0.fileSystem == "nsfs" })
        handle.close()
        let reopened = try FileDescriptor.open(pin, .readOnly)
        let links = try Namespaces.inside(reopened, .network) {
          try FileSystem.readText("/proc/thread-self/net/dev").split(separator: "\n").count
        }
        // Two lines of heading and loopback.
        #expect(links == 3)
        try Namespaces.unpin(pin)
        try Namespaces.unpin(pin)
        #expect(!FileSystem.exists(pin))
      }
    }
  }

  @Test func mountInfoIsParsed() {
    let text = """
      36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
      37 36 0:5 / /a\\040b rw shared:5 master:2 - tmpfs none rw,size=4k
      38 36 0:6 / /plain rw - proc proc
      nonsense
      39 36 - -
      """
    let mounts = Mounts.parse(text)
    #expect(mounts.map(\.path) == ["/mnt2", "/a b", "/plain"])
    #expect(mounts.map(\.isShared) == [false, true, false])
    #expect(mounts.map(\.fileSystem) == ["ext3", "tmpfs", "proc"])
    #expect(
      mounts[0].root == "/mnt1" && mounts[0].id == 36 && mounts[0].parent == 35
        && mounts[0].superOptions == "rw,errors=continue")
  }

  @Test func mountsInAPrivateNamespace() async throws {
    try await onOwnThread {
      try withScratch { path in
        try FileSystem.makeDirectory("\(path)/m")
        try FileSystem.makeDirectory("\(path)/n")
        try Namespaces.unshare(.mount)
        try Mounts.setPropagation("/", [.private, .recursive])
        try Mounts.mount(source: "tmpfs", at: "\(path)/m", type: "tmpfs", options: "size=64k")
        try FileSystem.write("\(path)/m/f", [1])
        try Mounts.bind("\(path)/m", at: "\(path)/n")
        #expect(try FileSystem.read("\(path)/n/f") == [1])
        try Mounts.mount(source: "", at: "\(path)/n", type: "", flags: [.remount, .bind, .readOnly])
        let refused = #expect(throws: SystemError.self) { try FileSystem.write("\(path)/n/g", [1]) }
        #expect(refused?.code == Errno(rawValue: 30))
        try Mounts.unmount("\(path)/n")
        try Mounts.unmount("\(path)/m")
        try Mounts.unmount("\(path)/m")
        #expect(try FileSystem.list("\(path)/m").isEmpty)
      }
    }
  }

  @Test func threadsSignalEachOther() throws {
    let there = try WakeUp()
    let back = try WakeUp()
    try Threads.start(name: "echo") {
      for _ in 0..<100 {
        there.wait()
        back.signal()
      }
    }
    for _ in 0..<100 { there.signal() }
    for _ in 0..<100 { back.wait() }
  }

  @Test func clocksGoForward() {
    let before = Clock.monotonic
    #expect(Clock.monotonic >= before && Clock.boot >= before && Clock.realtime > 1_600_000_000_000_000_000)
  }
}
