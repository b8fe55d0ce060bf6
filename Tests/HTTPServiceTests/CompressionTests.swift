import Linux
import NIOCore
import NIOHPACK
import Testing

@testable import HTTPService

@Suite(.timeLimit(.minutes(1))) struct CompressionTests {
  private let configuration = ServerConfiguration(compression: Compression(threshold: 1000))
  private static let large = String(repeating: "compressible ", count: 20_000)

  private let handler: Handler = { request in
    switch request.path {
    case "/large": return Response(.ok, text: large)
    case "/limit": return Response(.ok, bytes: [UInt8](repeating: 0x61, count: 1000))
    case "/encoded": return Response(.ok, headers: ["Content-Encoding": "br"], bytes: Array(large.utf8))
    case "/error": return Response(.internalServerError, text: large)
    case "/list":
      return .stream(headers: ["Content-Length": "\(large.utf8.count)"], compresses: true) { writer in
        var rest = Array(large.utf8)[...]
        while !rest.isEmpty {
          try await writer.write(rest.prefix(700))
          rest = rest.dropFirst(700)
        }
      }
    case "/short": return .stream(compresses: true) { try await $0.write("short") }
    case "/watch":
      return .stream(compresses: true) { writer in
        try await writer.start()
        try await writer.write(large)
      }
    default: return .stream(compresses: true) { _ in throw HTTPServiceError(.notFound, "page not found") }
    }
  }

  /// The head and the body of an answer.
  private func get(
    _ path: String, method: String = "GET", accept: String? = "gzip"
  ) async throws -> (head: String, body: [UInt8]) {
    try await Fixture.with(configuration: configuration, handler: handler) { fixture in
      let client = try await fixture.client()
      let field = accept.map { "Accept-Encoding: \($0)\r\n" } ?? ""
      try await client.send("\(method) \(path) HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\(field)\r\n")
      let (head, rest) = try await client.receiveHead()
      let body = rest + (try await client.receive(count: .max))
      try await client.close()
      return (head, head.contains("chunked") ? Self.unchunked(body) : body)
    }
  }

  private static func unchunked(_ bytes: [UInt8]) -> [UInt8] {
    var rest = bytes[...]
    var body: [UInt8] = []
    while let end = rest.firstIndex(of: 0x0D), let size = Int(String(decoding: rest[..<end], as: UTF8.self), radix: 16)
    {
      rest = rest[(end + 2)...]
      body += rest.prefix(size)
      rest = rest.dropFirst(size + 2)
    }
    return body
  }

  private func inflate(_ bytes: [UInt8]) throws -> String {
    var rest = bytes[...]
    let inflater = try Inflater(.gzip) { buffer in
      let piece = rest.prefix(buffer.count)
      buffer.replaceSubrange(0..<piece.count, with: piece)
      rest = rest.dropFirst(piece.count)
      return piece.count
    }
    var text: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while case let count = try inflater.read(into: &buffer), count > 0 { text += buffer[..<count] }
    return String(decoding: text, as: UTF8.self)
  }

  @Test(arguments: ["/large", "/list"]) func compressesWhatIsLarge(path: String) async throws {
    let (head, body) = try await get(path, accept: "deflate;q=0.5, gzip;q=1.0, *;q=0")
    #expect(head.contains("Content-Encoding: gzip\r\n") && head.contains("Vary: Accept-Encoding\r\n"))
    #expect(body.count < 10_000)
    #expect(try inflate(body) == Self.large)
    if path == "/large" { #expect(head.contains("Content-Length: \(body.count)\r\n")) }
  }

  @Test(arguments: [nil, "deflate", "gzip;q=0", "gzip; q=0.000", "x-gzip", ""]) func asksTheClient(accept: String?)
    async throws
  {
    for path in ["/large", "/list"] {
      let (head, body) = try await get(path, accept: accept)
      #expect(!head.contains("Content-Encoding"))
      #expect(String(decoding: body, as: UTF8.self) == Self.large)
    }
  }

  @Test func leavesTheRestAlone() async throws {
    let limit = try await get("/limit")
    #expect(!limit.head.contains("Content-Encoding") && limit.body.count == 1000)
    let encoded = try await get("/encoded")
    #expect(encoded.head.contains("Content-Encoding: br\r\n") && encoded.body.count == Self.large.utf8.count)
    let error = try await get("/error")
    #expect(!error.head.contains("Content-Encoding") && error.body.count == Self.large.utf8.count)
    let short = try await get("/short")
    #expect(short.head.contains("Content-Length: 5\r\n") && short.body == Array("short".utf8))
    let watch = try await get("/watch")
    #expect(!watch.head.contains("Content-Encoding") && watch.body.count == Self.large.utf8.count)
    let missing = try await get("/missing")
    #expect(missing.head.hasPrefix("HTTP/1.1 404"))
    let head = try await get("/large", method: "HEAD")
    #expect(!head.head.contains("Content-Encoding") && head.body == [])
  }

  @Test func compressesOnHTTP2() async throws {
    try await TLSFixture.with(configuration: configuration, handler: handler) { fixture in
      let client = try await fixture.http2()
      for path in ["/large", "/list"] {
        let stream = try await client.request("GET", path, ["accept-encoding": "gzip"])
        var body: [UInt8] = []
        while let bytes = try await stream.nextBytes() { body += bytes }
        #expect(try await stream.head().first(name: "content-encoding") == "gzip")
        #expect(try inflate(body) == Self.large)
      }
      try await client.close()
    }
  }
}
