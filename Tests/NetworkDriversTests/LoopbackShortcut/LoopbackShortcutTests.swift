import Addressing
import Linux
import NetworkModel
import Synchronization
import Testing

@testable import NetworkDrivers

/// The programs against the kernel (root), for the threads of one control group. A server at another loopback address
/// stands for the container: nothing listens at the address that is asked for.
@Suite(.serialized) struct LoopbackShortcutTests {
  private static let asked = SocketAddress.ipv4([127, 0, 0, 1], port: 8080)
  private static let server = SocketAddress.ipv4([127, 0, 0, 9], port: 9000)
  private static let whole: [CgroupHook: [String]] = [
    .connect4: ["apus_connect"], .peerName4: ["apus_peername"], .socketName4: ["apus_sockname"],
  ]

  private static let shortcut = LoopbackShortcut(
    address: .loopback, port: 8080, target: IPv4Address(127, 0, 0, 9), targetPort: 9000)

  private static func other(_ port: Port) -> LoopbackShortcut {
    LoopbackShortcut(address: .loopback, port: port, target: IPv4Address(127, 0, 0, 9), targetPort: 9000)
  }

  /// What a connection came to.
  private struct Outcome: Sendable, Equatable {
    var error: Errno?
    var local: SocketAddress?
    var peer: SocketAddress?
    /// Who the server sees.
    var seen: SocketAddress?
    static let refused = Outcome(error: .connectionRefused)
  }

  private static func shortcuts(
    _ group: ThreadGroup, _ instance: String = "one", isWanted: Bool = true
  ) -> LoopbackShortcuts {
    LoopbackShortcuts(instance: instance, isWanted: isWanted, group: group.path) { Issue.record("\($0)") }
  }

  private static func listen() throws -> FileDescriptor {
    let socket = try Sockets.make(.ipv4, .stream, nonBlocking: false)
    try Sockets.set(.reuseAddress, 1, of: socket)
    try Sockets.bind(socket, to: server)
    try Sockets.listen(socket)
    return socket
  }

  /// Connects to the address that short cuts are for.
  private static func connect(
    _ server: FileDescriptor, from source: SocketAddress? = nil, protocolNumber: Int32 = 0
  ) throws -> Outcome {
    let client = try Sockets.make(.ipv4, .stream, protocolNumber: protocolNumber, nonBlocking: false)
    if let source { try Sockets.bind(client, to: source) }
    do { try Sockets.connect(client, to: asked) } catch { return Outcome(error: error.code) }
    let (_, peer) = try Sockets.accept(server)
    return Outcome(local: try Sockets.localAddress(client), peer: try Sockets.peerAddress(client), seen: peer)
  }

  private static func host(_ address: SocketAddress?) -> [UInt8]? {
    guard case .ipv4(let bytes, _)? = address else { return nil }
    return bytes
  }

  private func with(_ body: (Lab, ThreadGroup) async throws -> Void) async throws {
    try await Lab.with { lab in try await ThreadGroup.with { group in try await body(lab, group) } }
  }

  @Test func aConnectionGoesToTheServerAndItsOwnerDoesNotSee() async throws {
    try await with { lab, group in
      try await group.inside(lab.host) {
        let server = try Self.listen()
        #expect(try Self.connect(server) == .refused)
        let shortcuts = Self.shortcuts(group)
        shortcuts.add([Self.shortcut])
        #expect(try group.programs() == Self.whole)
        #expect(try shortcuts.missing([Self.shortcut, Self.other(1)]) == [Self.other(1)])
        let outcome = try Self.connect(server)
        #expect(outcome.error == nil && outcome.peer == Self.asked)
        #expect(Self.host(outcome.local) == [127, 0, 0, 1] && outcome.local?.port == outcome.seen?.port)
        // A port that was chosen is no address.
        #expect(try Self.connect(server, from: .ipv4([0, 0, 0, 0], port: 0)).peer == Self.asked)
        try shortcuts.remove([Self.shortcut])
        try shortcuts.remove([Self.shortcut])
        #expect(try Self.connect(server) == .refused)
        #expect(try group.programs().isEmpty)
      }
    }
  }

  @Test func whatIsNotTheirsIsLeftAlone() async throws {
    try await with { lab, group in
      let shortcuts = try await group.inside(lab.host) {
        let server = try Self.listen()
        let shortcuts = Self.shortcuts(group)
        shortcuts.add([Self.shortcut])
        #expect(try Self.connect(server).error == nil)
        for source: [UInt8] in [[127, 0, 0, 1], [192, 0, 2, 1]] {
          #expect(try Self.connect(server, from: .ipv4(source, port: 0)) == .refused)
        }
        let datagrams = try Sockets.make(.ipv4, .datagram)
        try Sockets.connect(datagrams, to: Self.asked)
        #expect(try Sockets.peerAddress(datagrams) == Self.asked)
        // Other ports, and other addresses.
        for address in [SocketAddress.ipv4([127, 0, 0, 1], port: 8081), .ipv4([127, 0, 0, 2], port: 8080)] {
          let client = try Sockets.make(.ipv4, .stream, nonBlocking: false)
          let error = #expect(throws: SystemError.self) { try Sockets.connect(client, to: address) }
          #expect(error?.code == .connectionRefused)
        }
        return [server.release()]
      }
      let server = FileDescriptor(owning: shortcuts[0])
      // Another thread of the same namespace that is not of the group, and one of the group in another namespace.
      #expect(
        try await Lab.onThread { try Namespaces.inside(lab.host, .network) { try Self.connect(server) } } == .refused)
      #expect(try await group.inside(lab.outside) { try Self.connect(server) } == .refused)
      try await group.inside(lab.host) {
        #expect(try Self.connect(server).error == nil)
        try Self.shortcuts(group, isWanted: false).reconcile([])
        #expect(try group.programs().isEmpty)
      }
    }
  }

  /// MPTCP's names are its own and not those of the socket that connects for it.
  @Test func multipathTakesTheLongWay() async throws {
    try await with { lab, group in
      try await group.inside(lab.host) {
        let server = try Self.listen()
        let shortcuts = Self.shortcuts(group)
        shortcuts.add([Self.shortcut])
        do { #expect(try Self.connect(server, protocolNumber: 262) == .refused) } catch let error as SystemError {
          // A kernel without it.
          #expect(error.operation == "socket")
        }
        try shortcuts.remove([Self.shortcut])
      }
    }
  }

  @Test func attemptsThatFailLeaveNoName() async throws {
    try await with { lab, group in
      try await group.inside(lab.host) {
        let shortcuts = Self.shortcuts(group)
        shortcuts.add([Self.shortcut])
        let client = try Sockets.make(.ipv4, .stream, nonBlocking: false)
        let refused = #expect(throws: SystemError.self) { try Sockets.connect(client, to: Self.asked) }
        #expect(refused?.code == .connectionRefused)
        // Not connected: no name of anybody.
        #expect(Self.host(try Sockets.localAddress(client)) == [0, 0, 0, 0])
        let error = #expect(throws: SystemError.self) { _ = try Sockets.peerAddress(client) }
        #expect(error != nil)
        let server = try Self.listen()
        // The same socket, elsewhere: told as it is.
        let elsewhere = SocketAddress.ipv4([127, 0, 0, 8], port: 9001)
        let second = try Sockets.make(.ipv4, .stream, nonBlocking: false)
        try Sockets.bind(second, to: elsewhere)
        try Sockets.listen(second)
        try Sockets.connect(client, to: elsewhere)
        #expect(try Sockets.peerAddress(client) == elsewhere)
        // And without blocking.
        let waiting = try Sockets.make(.ipv4, .stream)
        do throws(SystemError) { try Sockets.connect(waiting, to: Self.asked) } catch {
          guard error.code == .inProgress else { throw error }
        }
        let epoll = try Epoll()
        try epoll.set(waiting.rawValue, .writable, token: 1)
        #expect(try !epoll.wait(timeout: 60_000).isEmpty)
        #expect(try Sockets.get(.pendingError, of: waiting) == 0 && Sockets.peerAddress(waiting) == Self.asked)
        _ = try Sockets.accept(server)
        try shortcuts.remove([Self.shortcut])
      }
    }
  }

  @Test func enginesShareOneTable() async throws {
    try await with { lab, group in
      try await group.inside(lab.host) {
        let server = try Self.listen()
        let (one, two) = (Self.shortcuts(group, "one"), Self.shortcuts(group, "two"))
        one.add([Self.shortcut, Self.other(1)])
        two.add([Self.other(2)])
        #expect(try group.programs() == Self.whole && group.entries().count == 3)
        // Nobody takes away what is another's.
        try two.remove([Self.shortcut])
        try two.reconcile([Self.other(3)])
        #expect(try Set(group.entries().map(\.shortcut)) == [Self.shortcut, Self.other(1), Self.other(3)])
        try one.reconcile([Self.shortcut])
        #expect(try Self.connect(server).error == nil)
        try one.reconcile([])
        #expect(try group.programs() == Self.whole && group.entries().map(\.shortcut) == [Self.other(3)])
        // One that was taken off meanwhile is made again.
        try two.reconcile([])
        #expect(try group.programs().isEmpty)
        one.add([Self.shortcut])
        #expect(try Self.connect(server).error == nil)
        try one.reconcile([])
      }
    }
  }

  /// What an engine finds that was killed while it worked, or whose programs somebody took off.
  @Test func aTableIsBroughtIntoOrder() async throws {
    try await with { lab, group in
      try await group.inside(lab.host) {
        let server = try Self.listen()
        let directory = try FileDescriptor.open(group.path, [.readOnly, .directory])
        func attached(_ hook: CgroupHook) throws -> [BPFProgram] {
          try CgroupPrograms.attached(to: directory, hook).map { try BPFProgram(id: $0) }
        }
        Self.shortcuts(group, "other").add([Self.other(7)])
        for hook in CgroupHook.allCases {
          Self.shortcuts(group).add([Self.shortcut])
          for program in try attached(hook) { try CgroupPrograms.detach(program, from: directory, hook) }
          try Self.shortcuts(group).reconcile([Self.shortcut])
          #expect(try group.programs() == Self.whole)
          #expect(try Self.connect(server).peer == Self.asked)
          // What was left of a table without `connect` was not of use to anyone.
          #expect(try hook == .connect4 || group.entries().contains { $0.shortcut == Self.other(7) })
          Self.shortcuts(group, "other").add([Self.other(7)])
        }
        // Two of one kind, and one of another version.
        for hook in CgroupHook.allCases {
          let stranger = try BPFProgram.load(
            ShortcutPrograms.name(hook), for: hook, BPFAssembler.assemble([.set(.r0, 1), .exit]))
          try CgroupPrograms.attach(stranger, to: directory, hook)
          try Self.shortcuts(group).reconcile([Self.shortcut])
          #expect(try group.programs() == Self.whole)
          #expect(try Self.connect(server).peer == Self.asked)
        }
        #expect(try Set(group.entries().map(\.shortcut)) == [Self.shortcut, Self.other(7)])
        // Whoever asks for nothing changes nothing.
        let before = try CgroupHook.allCases.flatMap { try attached($0).map(\.id) }
        try Self.shortcuts(group).reconcile([Self.shortcut])
        #expect(try CgroupHook.allCases.flatMap { try attached($0).map(\.id) } == before)
        // Programs of others stay.
        let foreign = try BPFProgram.load("foreign", for: .connect4, BPFAssembler.assemble([.set(.r0, 1), .exit]))
        try CgroupPrograms.attach(foreign, to: directory, .connect4)
        try Self.shortcuts(group).reconcile([])
        try Self.shortcuts(group, "other").reconcile([])
        #expect(try group.programs() == [.connect4: ["foreign"]])
        try CgroupPrograms.detach(foreign, from: directory, .connect4)
      }
    }
  }

  @Test func namespacesThatAreNoMoreAreSwept() async throws {
    try await with { lab, group in
      try await Lab.onThread {
        try Namespaces.unshare(.network)
        Self.shortcuts(group, "gone").add([Self.shortcut])
      }
      // Pinned, with nobody in it.
      try await group.inside(lab.outside) { Self.shortcuts(group, "pinned").add([Self.shortcut]) }
      #expect(try group.entries().count == 2)
      try await group.inside(lab.host) {
        // The kernel lets the first namespace go with its thread, some time after the thread's result.
        for _ in 0..<5000 where try group.entries().count > 1 {
          try Self.shortcuts(group).reconcile([])
          Threads.pause(milliseconds: 1)
        }
        #expect(try group.entries().map(\.owner) == [ShortcutEntry.owner("pinned")])
      }
      try await group.inside(lab.outside) { try Self.shortcuts(group, "pinned").reconcile([]) }
      #expect(try group.programs().isEmpty)
    }
  }

  /// Where the tests above work, nothing stands in the way.
  @Test func aHostIsAskedWhetherItCanHaveThem() async throws {
    #expect(try await Lab.onThread { ShortcutProbe.obstacle() } == nil)
  }

  @Test func whereThereAreNoneItIsSaidOnce() async throws {
    try await Lab.with { lab in
      let said = Mutex<[String]>([])
      try await Lab.onThread {
        // A directory that is no control group.
        let shortcuts = LoopbackShortcuts(instance: "one", isWanted: true, group: lab.directory) { text in
          said.withLock { $0.append(text) }
        }
        try shortcuts.reconcile([Self.shortcut])
        shortcuts.add([Self.shortcut])
        try shortcuts.remove([Self.shortcut])
        #expect(try shortcuts.missing([Self.shortcut]).isEmpty && shortcuts.wanted([Self.shortcut]).isEmpty)
      }
      #expect(said.withLock { $0.count } == 1)
    }
  }
}
