import Linux
import Testing

@testable import HTTPService

@Suite(.timeLimit(.minutes(1))) struct ListenerTests {
  private static let ok: Handler = { _ in Response(.ok, text: "ok") }

  private func withDirectory(_ body: (String) async throws -> Void) async throws {
    let directory = try Fixture.temporaryDirectory()
    defer { Fixture.removeTree(directory) }
    try await body(directory)
  }

  @Test func aUnixSocketHasItsModeAndGoesWithItsServer() async throws {
    try await withDirectory { directory in
      let path = directory + "/s"
      let server = HTTPServer(handler: Self.ok)
      try await server.listen(on: .unix(path, mode: 0o660, group: "no-such-group"))
      let status = try FileStatus(path: path)
      #expect(status.mode & 0o7777 == 0o660)
      await server.shutdown(within: .seconds(1))
      #expect(!FileSystem.exists(path))
    }
  }

  @Test func replacesASocketThatNobodyServes() async throws {
    try await withDirectory { directory in
      let path = directory + "/s"
      let dead = try ListeningUnixSocket(path: path, mode: 0o600, group: nil)
      dead.descriptor.close()
      let server = HTTPServer(handler: Self.ok)
      try await server.listen(on: .unix(path))
      dead.unlink()
      #expect(FileSystem.exists(path), "the old owner must not remove its successor's socket")
      let other = HTTPServer(handler: Self.ok)
      await #expect(throws: HTTPServiceError.self) { try await other.listen(on: .unix(path)) }
      let client = try await RawClient(unix: path)
      try await client.send("GET / HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n")
      #expect(try await client.receiveToEnd().hasSuffix("ok"))
      await other.shutdown(within: .seconds(1))
      await server.shutdown(within: .seconds(1))
    }
  }

  @Test func leavesAnythingElseThanASocketAlone() async throws {
    try await withDirectory { directory in
      let path = directory + "/file"
      try FileSystem.write(path, "precious".utf8)
      let server = HTTPServer(handler: Self.ok)
      await #expect(throws: HTTPServiceError.self) { try await server.listen(on: .unix(path)) }
      await #expect(throws: HTTPServiceError.self) {
        try await server.listen(on: .unix(directory + "/" + String(repeating: "a", count: 200)))
      }
      #expect(try FileSystem.readText(path) == "precious")
      await server.shutdown(within: .seconds(1))
    }
  }

  @Test func servesADescriptorThatWasPassedIn() async throws {
    try await withDirectory { directory in
      let path = directory + "/s"
      let socket = try ListeningUnixSocket(path: path, mode: 0o600, group: nil)
      let server = HTTPServer(handler: Self.ok)
      try await server.listen(on: .descriptor(socket.descriptor.release(), name: "3"))
      let client = try await RawClient(unix: path)
      try await client.send("GET / HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n")
      #expect(try await client.receiveToEnd().hasSuffix("ok"))
      await server.shutdown(within: .seconds(1))
      #expect(FileSystem.exists(path), "a socket that was passed in is its creator's")
    }
  }

  @Test func aDescriptorThatIsNoSocketIsRefusedAndClosed() async throws {
    try await withDirectory { directory in
      let path = directory + "/file"
      let file = try FileDescriptor.open(path, [.readWrite, .create], mode: 0o600)
      let server = HTTPServer(handler: Self.ok)
      let error = await #expect(throws: HTTPServiceError.self) {
        try await server.listen(on: .descriptor(file.release(), name: "3"))
      }
      #expect(error?.description.contains("cannot listen on fd://3: listen") == true, "\(error?.description ?? "")")
      let open = try Self.openFiles()
      #expect(!open.contains(path))
      await server.shutdown(within: .seconds(1))
    }
  }

  @Test func aServerThatHasEndedOpensNoSocket() async throws {
    try await withDirectory { directory in
      let path = directory + "/s"
      let server = HTTPServer(handler: Self.ok)
      await server.shutdown(within: .seconds(1))
      let error = await #expect(throws: HTTPServiceError.self) { try await server.listen(on: .unix(path)) }
      #expect(error?.description.hasSuffix("the server has been shut down") == true)
      #expect(!FileSystem.exists(path))
      let sockets = try FileSystem.readText("/proc/net/unix")
      #expect(!sockets.contains(path))
    }
  }

  /// What this process has open.
  private static func openFiles() throws -> [String] {
    try FileSystem.list("/proc/self/fd").compactMap { name in
      do throws(SystemError) { return try FileSystem.readLink("/proc/self/fd/\(name)") } catch {
        // Closed while we look.
        guard error.code == .noEntry else { throw error }
        return nil
      }
    }
  }

  @Test func aTakenPortIsRefused() async throws {
    let first = HTTPServer(handler: Self.ok)
    let port = try #require(try await first.listen(on: .tcp(host: "127.0.0.1", port: 0)))
    let second = HTTPServer(handler: Self.ok)
    await #expect(throws: HTTPServiceError.self) { try await second.listen(on: .tcp(host: "127.0.0.1", port: port)) }
    await second.shutdown(within: .seconds(1))
    await first.shutdown(within: .seconds(1))
  }

  @Test func shutdownFinishesRequestsAndEndsStreams() async throws {
    try await withDirectory { directory in
      let started = Signal()
      let go = Signal()
      let server = HTTPServer { request in
        if request.path == "/events" {
          return .stream(endsWithServer: true) { writer in
            try await writer.start()
            try await Task.sleep(for: .seconds(60))
          }
        }
        if request.path == "/attach" {
          return .takeover { connection in
            try await connection.write("attached".utf8)
            for try await _ in connection {}
          }
        }
        started.fire()
        try await go.wait()
        return Response(.ok, text: "finished")
      }
      let path = directory + "/s"
      try await server.listen(on: .unix(path))
      let events = try await RawClient(unix: path)
      try await events.send("GET /events HTTP/1.1\r\nHost: d\r\n\r\n")
      let head = try await events.receive(until: "\r\n\r\n")
      let attached = try await RawClient(unix: path)
      try await attached.send("POST /attach HTTP/1.1\r\nHost: d\r\n\r\n")
      _ = try await attached.receive(until: "attached")
      let idle = try await RawClient(unix: path)
      let busy = try await RawClient(unix: path)
      try await busy.send("GET /slow HTTP/1.1\r\nHost: d\r\n\r\n")
      try await started.wait()
      async let stopped: Void = server.shutdown(within: .seconds(30))
      #expect(head.hasPrefix("HTTP/1.1 200 OK"))
      #expect(try await events.receiveToEnd() == "0\r\n\r\n")
      #expect(try await attached.receiveToEnd() == "")
      #expect(try await idle.receiveToEnd() == "")
      for client in [events, attached, idle] { try await client.close() }
      go.fire()
      let answer = try await busy.receiveToEnd()
      #expect(answer.hasSuffix("finished") && answer.contains("Connection: close"))
      await stopped
    }
  }

  @Test func shutdownDoesNotWaitForever() async throws {
    let started = Signal()
    let handler: Handler = { _ in
      started.fire()
      try await Task.sleep(for: .seconds(60))
      return Response(.ok)
    }
    try await Fixture.with(handler: handler) { fixture in
      let client = try await fixture.client()
      try await client.send("GET / HTTP/1.1\r\nHost: d\r\n\r\n")
      try await started.wait()
      await fixture.server.shutdown(within: .milliseconds(10))
      #expect(try await client.receiveToEnd() == "")
    }
  }
}
