import Linux
import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOSSL
import Synchronization
import Testing

@testable import HTTPService

@Suite(.timeLimit(.minutes(1))) struct HTTP2Tests {
  private let handler: Handler = { request in
    switch request.path {
    case "/echo": return Response(.ok, buffer: try await request.body.collectBuffer(upTo: 1 << 24))
    case "/head":
      let fields = request.headers.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
      return Response(.created, headers: ["X-Name": "a\r\nb", "Connection": "close"], bytes: Array(fields.utf8))
    case "/query": return Response(.ok, text: "\(request.method) \(request.query["a b"] ?? "-")")
    case "/empty": return Response(.noContent)
    case "/lines":
      return .stream { writer in for line in ["one\n", "two\n", "three\n"] { try await writer.write(line) } }
    case "/sized": return .stream(headers: ["Content-Length": "3"]) { try await $0.write("abc") }
    case "/lies": return .stream(headers: ["Content-Length": "3"]) { try await $0.write("abcd") }
    case "/short": return .stream(headers: ["Content-Length": "3"]) { try await $0.write("ab") }
    case "/breaks":
      return .stream { writer in
        try await writer.write("first")
        throw HTTPServiceError(.internalFailure, "broken")
      }
    case "/attach": return .takeover { _ in }
    default: throw HTTPServiceError(.notFound, "page not found")
    }
  }

  private func with(
    configuration: ServerConfiguration = ServerConfiguration(), _ handler: Handler? = nil,
    _ body: (TLSFixture, HTTP2Client) async throws -> Void
  ) async throws {
    try await TLSFixture.with(configuration: configuration, handler: handler ?? self.handler) { fixture in
      let client = try await fixture.http2()
      try await body(fixture, client)
      try await client.close()
    }
  }

  /// A header larger than one frame, or than the six that the library allows by itself, is taken up to the server's own limit.
  @Test func largeHeaders() async throws {
    var configuration = ServerConfiguration()
    configuration.limits.headerBytes = 1 << 20
    let handler: Handler = { request in
      Response(.ok, text: String(request.headers.count { $0.name.hasPrefix("x-") }))
    }
    try await TLSFixture.with(configuration: configuration, handler: handler) { fixture in
      var fields: HPACKHeaders = [":method": "GET", ":path": "/", ":scheme": "https", ":authority": "d"]
      for number in 0..<30 { fields.add(name: "x-\(number)", value: String(repeating: "a", count: 15_000)) }
      let block = try HTTP2Frames.block(fields)
      // The server's limits hold once they are acknowledged.
      var bytes = HTTP2Frames.preface + HTTP2Frames.settings + HTTP2Frames.frame(4, flags: 1)
      for start in stride(from: 0, to: block.count, by: 16_384) {
        let end = min(start + 16_384, block.count)
        bytes += HTTP2Frames.frame(
          start == 0 ? 1 : 9, flags: (start == 0 ? 1 : 0) | (end == block.count ? 4 : 0), stream: 1,
          Array(block[start..<end]))
      }
      #expect(block.count > 10 * 16_384)
      let client = try await fixture.client(protocols: ["h2"])
      try await client.queue(bytes: bytes).get()
      var answer: [UInt8] = []
      while HTTP2Frames.find(0, in: answer).isEmpty {
        let more = try await client.receive(count: 1)
        if more.isEmpty { break }
        answer += more
      }
      #expect(HTTP2Frames.find(0, in: answer).first?.payload == Array("30".utf8))
      try await client.close()
    }
  }

  @Test func servesRequests() async throws {
    try await with { _, client in
      let query = try await client.get("/query?a+b=c%20d")
      #expect(query == ("200", "GET c d"))
      let missing = try await client.get("/nowhere")
      #expect(missing == ("404", "page not found\n"))
      let attach = try await client.get("/attach")
      #expect(attach.status == "505" && attach.body.contains("HTTP/1.1"))
      let post = try await client.request("POST", "/echo", ends: false)
      try await post.send("hel", ends: false)
      try await post.send("lo", ends: true)
      #expect(try await post.body() == "hello")
    }
  }

  @Test func translatesHeads() async throws {
    try await with { _, client in
      let stream = try await client.request("GET", "/head", ["x-one": "1", "x-one": "2", "accept": "*/*"])
      let body = try await stream.body()
      #expect(body == "Host=localhost,x-one=1,x-one=2,accept=*/*")
      let head = try await stream.head()
      #expect(head.first(name: ":status") == "201")
      #expect(head.first(name: "x-name") == "a  b" && head.first(name: "content-length") == "\(body.utf8.count)")
      #expect(head.contains(name: "date") && !head.contains(name: "connection"))
    }
  }

  @Test func streams() async throws {
    try await with { _, client in
      let lines = try await client.get("/lines")
      #expect(lines == ("200", "one\ntwo\nthree\n"))
      let sized = try await client.get("/sized")
      #expect(sized == ("200", "abc"))
      let lies = try await client.get("/lies")
      #expect(lies.status == "500")
      let empty = try await client.get("/empty")
      #expect(empty == ("204", ""))
      for path in ["/short", "/breaks"] {
        let stream = try await client.request("GET", path)
        await #expect(throws: (any Error).self) { try await stream.body() }
      }
      let head = try await client.request("HEAD", "/sized")
      #expect(try await head.body() == "")
      #expect(try await head.head().first(name: "content-length") == "3")
    }
  }

  @Test func servesManyRequestsAtOnce() async throws {
    let arrived = Atomic(0)
    let handler: Handler = { request in
      arrived.add(1, ordering: .relaxed)
      while arrived.load(ordering: .relaxed) < 100 { await Task.yield() }
      return Response(.ok, text: request.path)
    }
    try await with(handler) { _, client in
      try await withThrowingTaskGroup(of: Bool.self) { group in
        for number in 0..<100 { group.addTask { try await client.get("/\(number)").body == "/\(number)" } }
        for try await right in group { #expect(right) }
      }
    }
  }

  @Test func saysContinueToAHandlerThatReads() async throws {
    try await with { _, client in
      let stream = try await client.request("POST", "/echo", ["expect": "100-continue"], ends: false)
      #expect(try await stream.head().first(name: ":status") == "100")
      try await stream.send("hi", ends: true)
      #expect(try await stream.head().first(name: ":status") == "200")
      #expect(try await stream.body() == "hi")
      let never = try await client.request("POST", "/lines", ["expect": "100-continue"], ends: false)
      #expect(try await never.head().first(name: ":status") == "200")
    }
  }

  @Test func aResetCancelsTheHandler() async throws {
    let started = Signal()
    let cancelled = Signal()
    let handler: Handler = { request in
      guard request.path == "/watch" else { return Response(.ok, text: "well") }
      return .stream { writer in
        try await writer.start()
        started.fire()
        do { try await Task.sleep(for: .seconds(3600)) } catch {
          cancelled.fire()
          throw error
        }
      }
    }
    try await with(handler) { _, client in
      let stream = try await client.request("GET", "/watch")
      try await started.wait()
      try await stream.reset()
      try await cancelled.wait()
      let after = try await client.get("/")
      #expect(after == ("200", "well"))
    }
  }

  @Test func aClientThatVanishesCancelsAllItsHandlers() async throws {
    let started = Atomic(0)
    let cancelled = Atomic(0)
    let done = Signal()
    let handler: Handler = { _ in
      started.add(1, ordering: .relaxed)
      do { try await Task.sleep(for: .seconds(3600)) } catch {
        if cancelled.add(1, ordering: .relaxed).newValue == 10 { done.fire() }
      }
      return Response(.ok)
    }
    try await TLSFixture.with(handler: handler) { fixture in
      let client = try await fixture.http2()
      for _ in 0..<10 { _ = try await client.request("GET", "/") }
      while started.load(ordering: .relaxed) < 10 { await Task.yield() }
      try await client.close()
      try await done.wait()
    }
  }

  @Test func aClientThatDoesNotReadStopsTheWriter() async throws {
    let written = Mutex(0)
    let stopped = Signal()
    let handler: Handler = { request in
      guard request.path == "/much" else { return Response(.ok, text: "well") }
      return .stream { writer in
        do {
          let piece = [UInt8](repeating: 1, count: 65_536)
          for _ in 0..<10_000 {
            try await writer.write(piece)
            written.withLock { $0 += piece.count }
          }
        } catch {
          stopped.fire()
          throw error
        }
      }
    }
    try await with(handler) { _, client in
      let stream = try await client.request("GET", "/much", reads: false)
      var last = -1
      while last <= 0 || written.withLock({ $0 }) != last {
        last = written.withLock { $0 }
        try await Task.sleep(for: .milliseconds(50))
      }
      #expect(last < 2 << 20)
      // One stream that stands still does not hold up the others.
      let other = try await client.get("/")
      #expect(other == ("200", "well"))
      try await stream.reset()
      try await stopped.wait()
    }
  }

  @Test func aHandlerThatWaitsStopsTheSender() async throws {
    let go = Signal()
    let handler: Handler = { request in
      try await go.wait()
      var count = 0
      for try await bytes in request.body.buffers { count += bytes.readableBytes }
      return Response(.ok, text: "\(count)")
    }
    try await with(handler) { _, client in
      let stream = try await client.request("POST", "/", ends: false)
      let piece = ByteBuffer(repeating: 1, count: 65_536)
      let taken = Mutex(0)
      for _ in 0..<200 { stream.queue(piece).whenSuccess { taken.withLock { $0 += 1 } } }
      var last = -1
      while taken.withLock({ $0 }) != last {
        last = taken.withLock { $0 }
        try await Task.sleep(for: .milliseconds(50))
      }
      #expect(last < 20)
      go.fire()
      try await stream.send("", ends: true)
      #expect(try await stream.body() == "\(200 * 65_536)")
    }
  }

  /// What is under way is finished, and then the connection ends.
  @Test func aResponseEndsTheConnection() async throws {
    try await with { _, client in
      let post = try await client.request("POST", "/echo", ends: false)
      let head = try await client.request("GET", "/head")
      let fields = try await head.head()
      #expect(fields.first(name: ":status") == "201" && fields.first(name: "connection") == nil)
      _ = try await head.body()
      try await post.send("hello", ends: true)
      #expect(try await post.body() == "hello")
      try await client.channel.closeFuture.get()
    }
  }

  @Test func shutdownFinishesRequestsAndEndsStreams() async throws {
    let started = Signal()
    let go = Signal()
    let handler: Handler = { request in
      if request.path == "/watch" {
        return .stream(endsWithServer: true) { writer in
          try await writer.write("event")
          try await Task.sleep(for: .seconds(3600))
        }
      }
      started.fire()
      try await go.wait()
      return Response(.ok, text: "finished")
    }
    try await with(handler) { fixture, client in
      let watch = try await client.request("GET", "/watch")
      #expect(try await watch.next() == "event")
      let busy = try await client.request("GET", "/busy")
      try await started.wait()
      let idle = try await fixture.http2()
      async let stopped: Void = fixture.server.shutdown(within: .seconds(30))
      #expect(try await watch.body() == "")
      try await idle.channel.closeFuture.get()
      go.fire()
      #expect(try await busy.body() == "finished")
      await stopped
      try await client.channel.closeFuture.get()
    }
  }

  @Test(.enabled(if: Command.exists("/usr/bin/curl"))) func servesCurl() async throws {
    try await with { fixture, _ in
      let url = "https://localhost:\(fixture.port)"
      let common = [
        "--silent", "--show-error", "--cacert", fixture.authorityFile, "--resolve",
        "localhost:\(fixture.port):127.0.0.1",
      ]
      for version in ["--http2", "--http1.1"] {
        let (status, output) = try await Command.run(
          "/usr/bin/curl",
          common + [version, "-w", " %{http_version} %{http_code}", url + "/lines", "-d", "x", url + "/echo"])
        let number = version == "--http2" ? "2" : "1.1"
        #expect(status == 0 && output == "one\ntwo\nthree\n \(number) 200x \(number) 200")
      }
      let body = String(repeating: "0123456789", count: 200_000)
      let (status, output) = try await Command.run(
        "/usr/bin/curl", common + ["--http2", "--data-binary", "@-", url + "/echo"], input: body)
      #expect(status == 0 && output == body)
    }
  }
}

extension TLSFixture {
  func http2() async throws -> HTTP2Client {
    let context = try clientContext(authorities: nil, identity: nil, protocols: ["h2"], version: .tlsv13)
    return try await HTTP2Client(port: port, tls: context)
  }
}
