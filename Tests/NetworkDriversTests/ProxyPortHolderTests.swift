import Addressing
import Linux
import NetworkModel
import Synchronization
import Testing

@testable import NetworkDrivers

@Suite(.timeLimit(.minutes(1))) struct ProxyPortHolderTests {
  /// A socket at which a proxy would listen.
  private final class Door {
    let path = "/tmp/apus-proxy-\(UInt32.random(in: 0 ... .max)).sock"
    let socket: FileDescriptor

    init(backlog: Int32 = 16) throws {
      socket = try Sockets.make(.unix, .sequencedPackets, nonBlocking: false)
      try Sockets.bind(socket, to: .unix(path))
      try Sockets.listen(socket, backlog: backlog)
    }

    deinit { #expect(throws: Never.self) { try FileSystem.removeFile(path) } }
  }

  /// What a proxy was asked.
  private final class Requests: Sendable {
    let all = Mutex<[ProxyProtocol.Request]>([])
  }

  private static func port() throws -> PublishedPort {
    let address: IPAddress = try #require(IPAddress("127.0.0.1"))
    // One that is free: the kernel names it.
    let socket = try Sockets.make(.ipv4, .stream)
    try Sockets.bind(socket, to: .ipv4([127, 0, 0, 1], port: 0))
    let number = try #require(try Sockets.localAddress(socket)?.port)
    return PublishedPort(TransportPort(80, .tcp), hostAddress: address, hostPort: Port(number), target: nil)
  }

  @Test func aProxyThatDoesNotAnswerDoesNotHoldTheEnginesStart() throws {
    let door = try Door()
    let error = #expect(throws: NetworkError.self) {
      _ = try ProxyPortHolder(program: "/nonexistent", path: door.path, patience: 10)
    }
    #expect(error?.message.contains("does not answer when it is asked to say which ports it holds") == true)
    #expect(error?.message.contains("end the process that listens at \(door.path)") == true)
  }

  @Test func aProxyThatTakesNoConnectionsIsSilentToo() throws {
    let door = try Door(backlog: 0)
    var waiting: [FileDescriptor] = []
    while true {
      let socket = try Sockets.make(.unix, .sequencedPackets)
      do { try Sockets.connect(socket, to: .unix(door.path)) } catch {
        guard error.code == .tryAgain else { throw error }
        break
      }
      waiting.append(socket)
    }
    let error = #expect(throws: NetworkError.self) {
      _ = try ProxyPortHolder(program: "/nonexistent", path: door.path, patience: 10)
    }
    #expect(error?.message.contains("does not answer") == true)
  }

  @Test func silenceIsToldWithThePortAndWhatWasNotAnsweredIsUndone() throws {
    let door = try Door()
    let listener = door.socket
    // A proxy that holds one port, says nothing to the request after that, and answers the later ones.
    let seen = Requests()
    let (kept, port, other) = (try Self.port(), try Self.port(), try Self.port())
    let (keptKey, key) = (ProxyProtocol.Key(kept), ProxyProtocol.Key(port))
    let done = try WakeUp()
    try Threads.start(name: "fake-proxy") {
      defer { done.signal() }
      do {
        let first = try Sockets.accept(listener, nonBlocking: false).connection
        for _ in ["list", "add"] {
          _ = try first.receive(upTo: 4096)
          try first.send(Array("ok".utf8), passing: [])
        }
        // Until the engine gives it up.
        while try !first.receive(upTo: 4096).bytes.isEmpty {}
        let second = try Sockets.accept(listener, nonBlocking: false).connection
        while true {
          let bytes = try second.receive(upTo: 4096).bytes
          guard !bytes.isEmpty, let request = ProxyProtocol.decode(bytes) else { return }
          seen.all.withLock { $0.append(request) }
          try second.send(Array((request == .list ? "ok \(keptKey)" : "ok").utf8), passing: [])
        }
      } catch { Issue.record(error) }
    }
    var holder: ProxyPortHolder? = try ProxyPortHolder(
      program: "/nonexistent", path: door.path, patience: 500, shortPatience: 30000)
    try holder?.hold(kept)
    let error = #expect(throws: NetworkError.self) { try holder?.hold(port) }
    #expect(error?.message.contains("does not answer when it is asked to hold port \(key)") == true)
    try holder?.hold(other)
    holder = nil
    done.wait()
    #expect(
      seen.all.withLock { $0 } == [
        .list, .add(ProxyProtocol.Key(other), target: nil, port: 80), .remove(key),
      ])
  }
}
