import NIOCore
import NIOHPACK
import Synchronization
import Testing

@testable import HTTPService

/// Clients that break HTTP/2 or exhaust it: their connection ends, and everybody else's goes on.
@Suite(.timeLimit(.minutes(1))) struct HTTP2MisbehaviourTests {
  private static let calm: UInt32 = 11
  private static let protocolError: UInt32 = 1

  /// Sends `bytes` behind the preface and returns all that comes back until the server closes.
  private func send(
    _ bytes: [UInt8], preface: [UInt8] = HTTP2Frames.preface + HTTP2Frames.settings,
    configuration: ServerConfiguration = ServerConfiguration(),
    handler: @escaping Handler = { _ in Response(.ok, text: "well") }
  ) async throws -> [UInt8] {
    var answer: [UInt8] = []
    try await TLSFixture.with(configuration: configuration, handler: handler) { fixture in
      let other = try await fixture.http2()
      let client = try await fixture.client(protocols: ["h2"])
      // The server may close before it has taken all.
      let written = client.queue(bytes: preface + bytes)
      answer = try await client.receive(count: .max)
      do { try await written.get() } catch {}
      try await client.close()
      let well = try await other.get("/")
      #expect(well == ("200", "well"))
      try await other.close()
    }
    return answer
  }

  @Test func rapidReset() async throws {
    let running = Atomic(0)
    let most = Atomic(0)
    var bytes: [UInt8] = []
    for number in 0..<3000 as Range<UInt32> {
      bytes += try HTTP2Frames.get("/slow", stream: 2 * number + 1) + HTTP2Frames.reset(2 * number + 1)
    }
    let answer = try await send(bytes) { request in
      guard request.path == "/slow" else { return Response(.ok, text: "well") }
      most.max(running.add(1, ordering: .relaxed).newValue, ordering: .relaxed)
      defer { running.subtract(1, ordering: .relaxed) }
      try await Task.sleep(for: .seconds(3600))
      return Response(.ok)
    }
    #expect(HTTP2Frames.goAway(in: answer) == Self.calm)
    #expect(running.load(ordering: .relaxed) == 0)
    #expect(most.load(ordering: .relaxed) <= 2 * HTTP2Limits().concurrentStreams + 1)
  }

  @Test func handlersThatIgnoreAResetAreCounted() async throws {
    let go = Signal()
    let running = Atomic(0)
    var configuration = ServerConfiguration()
    configuration.http2.concurrentStreams = 10
    try await TLSFixture.with(configuration: configuration) { _ in
      running.add(1, ordering: .relaxed)
      let wait = Task { try await go.wait() }
      _ = await wait.result
      return Response(.ok)
    } _: { fixture in
      let client = try await fixture.client(protocols: ["h2"])
      var bytes = HTTP2Frames.preface + HTTP2Frames.settings
      for number in 0..<60 as Range<UInt32> {
        bytes += try HTTP2Frames.get("/", stream: 2 * number + 1) + HTTP2Frames.reset(2 * number + 1)
      }
      bytes += HTTP2Frames.frame(6, [1, 2, 3, 4, 5, 6, 7, 8])
      try await client.send(bytes: bytes)
      var answer: [UInt8] = []
      while HTTP2Frames.find(6, in: answer).isEmpty { answer += try await client.receive(count: 1) }
      #expect(running.load(ordering: .relaxed) <= 21)
      go.fire()
      try await client.close()
    }
  }

  @Test func floodsOfControlFrames() async throws {
    let ping = HTTP2Frames.frame(6, [UInt8](repeating: 0, count: 8))
    let priority = HTTP2Frames.frame(2, stream: 1, [0, 0, 0, 3, 1])
    for frame in [ping, HTTP2Frames.settings, priority] {
      let answer = try await send(Array(repeatElement(frame, count: 2000).joined()))
      #expect(HTTP2Frames.goAway(in: answer) == Self.calm)
    }
  }

  @Test func emptyFramesOfData() async throws {
    let data = HTTP2Frames.frame(0, stream: 1)
    let answer = try await send(
      try HTTP2Frames.get("/", stream: 1, ends: false) + Array(repeatElement(data, count: 1000).joined())
    ) { request in
      if request.headers["Host"] == "d" { _ = try await request.body.collect(upTo: 1) }
      return Response(.ok, text: "well")
    }
    #expect(HTTP2Frames.goAway(in: answer) == Self.calm)
  }

  @Test func continuationsWithoutEnd() async throws {
    let block = try HTTP2Frames.block(["x": String(repeating: "a", count: 1000)])
    let start = HTTP2Frames.frame(1, stream: 1, try HTTP2Frames.block([":method": "GET"]))
    let more = HTTP2Frames.frame(9, stream: 1, block)
    let answer = try await send(start + Array(repeatElement(more, count: 2000).joined()))
    #expect(HTTP2Frames.goAway(in: answer) != nil)
  }

  /// One large field in the dynamic table, named again and again by one byte each.
  @Test func aBombOfHeaders() async throws {
    let value = Array(String(repeating: "a", count: 4000).utf8)
    // Literal with incremental indexing, name and value new: 4000 in a 7-bit prefix integer.
    let entry: [UInt8] = [0x40, 1, 0x78, 0x7F, 0xA1, 0x1E] + value
    let block = try HTTP2Frames.block([":method": "GET", ":path": "/", ":scheme": "https", ":authority": "d"])
    let bomb = [UInt8](repeating: 0x80 | 62, count: 10_000)
    let answer = try await send(HTTP2Frames.frame(1, flags: 5, stream: 1, block + entry + bomb))
    #expect(HTTP2Frames.goAway(in: answer) != nil)
    #expect(HTTP2Frames.find(1, in: answer).isEmpty)
  }

  @Test func moreFieldsThanAllowed() async throws {
    try await TLSFixture.with(handler: { _ in Response(.ok) }) { fixture in
      let client = try await fixture.http2()
      let many = HPACKHeaders((0..<200).map { ("x-\($0)", "1") })
      let answer = try await client.get("/", many)
      #expect(answer.status == "431")
      try await client.close()
    }
  }

  /// A client that never acknowledges the limit is held to twice as much.
  @Test func moreStreamsThanAllowed() async throws {
    var configuration = ServerConfiguration()
    configuration.http2.concurrentStreams = 10
    try await TLSFixture.with(configuration: configuration) { _ in
      try await Task.sleep(for: .seconds(3600))
      return Response(.ok)
    } _: { fixture in
      let client = try await fixture.client(protocols: ["h2"])
      var bytes = HTTP2Frames.preface + HTTP2Frames.settings
      for number in 0..<60 as Range<UInt32> { bytes += try HTTP2Frames.get("/", stream: 2 * number + 1) }
      bytes += HTTP2Frames.frame(6, [1, 2, 3, 4, 5, 6, 7, 8])
      try await client.send(bytes: bytes)
      var answer: [UInt8] = []
      while HTTP2Frames.find(6, in: answer).isEmpty { answer += try await client.receive(count: 1) }
      let refused = HTTP2Frames.find(3, in: answer)
      #expect(refused.count >= 35 && refused.allSatisfy { $0.payload == [0, 0, 0, 7] })
      try await client.close()
    }
  }

  @Test func whatTheProtocolForbids() async throws {
    let cases: [(String, [UInt8], [UInt8])] = [
      ("no preface", Array("GET / HTTP/1.1\r\nHost: d\r\n\r\n".utf8), []),
      ("no settings", HTTP2Frames.preface, try HTTP2Frames.get("/", stream: 1)),
      ("even stream", HTTP2Frames.preface + HTTP2Frames.settings, try HTTP2Frames.get("/", stream: 2)),
      ("data on an idle stream", HTTP2Frames.preface + HTTP2Frames.settings, HTTP2Frames.frame(0, stream: 5, [1])),
      ("ping of 7 bytes", HTTP2Frames.preface + HTTP2Frames.settings, HTTP2Frames.frame(6, [1, 2, 3, 4, 5, 6, 7])),
      ("window of zero", HTTP2Frames.preface + HTTP2Frames.settings, HTTP2Frames.frame(8, [0, 0, 0, 0])),
      (
        "push promise", HTTP2Frames.preface + HTTP2Frames.settings,
        HTTP2Frames.frame(5, flags: 4, stream: 1, [0, 0, 0, 2, 0x82])
      ),
      (
        "broken header block", HTTP2Frames.preface + HTTP2Frames.settings,
        HTTP2Frames.frame(1, flags: 5, stream: 1, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F])
      ),
      (
        "a frame that is too large", HTTP2Frames.preface + HTTP2Frames.settings,
        HTTP2Frames.frame(0, stream: 1, [UInt8](repeating: 0, count: 20_000))
      ),
    ]
    for (name, preface, bytes) in cases {
      let answer = try await send(bytes, preface: preface)
      #expect(HTTP2Frames.find(1, in: answer).isEmpty, "\(name)")
    }
  }

  @Test func requestsThatAreNone() async throws {
    let cases: [HPACKHeaders] = [
      [":method": "GET", ":path": "/", ":scheme": "https", "X-Upper": "1"],
      [":method": "GET", ":path": "/", ":scheme": "https", "connection": "close"],
      [":method": "GET", ":path": "/", ":scheme": "https", "transfer-encoding": "chunked"],
      [":method": "GET", ":path": "/", ":scheme": "https", ":status": "200"],
      [":method": "GET", ":scheme": "https"],
      [":method": "GET", ":method": "PUT", ":path": "/", ":scheme": "https"],
      ["accept": "x", ":method": "GET", ":path": "/", ":scheme": "https"],
    ]
    try await TLSFixture.with(handler: { _ in Response(.ok) }) { fixture in
      for headers in cases {
        let client = try await fixture.client(protocols: ["h2"])
        let request = HTTP2Frames.frame(1, flags: 5, stream: 1, try HTTP2Frames.block(headers))
        let ping = HTTP2Frames.frame(6, [1, 2, 3, 4, 5, 6, 7, 8])
        try await client.send(bytes: HTTP2Frames.preface + HTTP2Frames.settings + request + ping)
        var answer: [UInt8] = []
        while HTTP2Frames.find(6, in: answer).isEmpty, HTTP2Frames.goAway(in: answer) == nil {
          let more = try await client.receive(count: 1)
          if more.isEmpty { break }
          answer += more
        }
        #expect(HTTP2Frames.find(1, in: answer).isEmpty, "\(headers)")
        #expect(HTTP2Frames.find(3, in: answer).count == 1 || HTTP2Frames.goAway(in: answer) != nil, "\(headers)")
        try await client.close()
      }
    }
  }

  /// Right conversations with some bytes changed: whatever comes of them, the server goes on.
  @Test func fuzz() async throws {
    var random = SplitMix(seed: 0xF00D)
    try await TLSFixture.with(handler: { request in
      Response(.ok, buffer: try await request.body.collectBuffer(upTo: 1000))
    }) { fixture in
      for _ in 0..<80 {
        var bytes = HTTP2Frames.settings
        for number in 0..<UInt32.random(in: 1...5, using: &random) {
          let stream = 2 * number + 1
          bytes += try HTTP2Frames.get("/\(number)", stream: stream, ["x": "y"], ends: number % 2 == 0)
          bytes += HTTP2Frames.frame(0, flags: number % 3 == 0 ? 0 : 1, stream: stream, Array("body".utf8))
          bytes += HTTP2Frames.frame(8, stream: stream, [0, 0, 1, 0])
        }
        for _ in 0..<Int.random(in: 1...6, using: &random) {
          bytes[Int.random(in: bytes.indices, using: &random)] = .random(in: .min ... .max, using: &random)
        }
        let client = try await fixture.client(protocols: ["h2"])
        let written = client.queue(bytes: HTTP2Frames.preface + bytes)
        do { try await written.get() } catch {}
        try await client.close()
      }
      let client = try await fixture.http2()
      let well = try await client.get("/")
      #expect(well == ("200", ""))
      try await client.close()
    }
  }
}
