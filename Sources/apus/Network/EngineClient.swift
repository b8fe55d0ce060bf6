import ArgumentParser
import AsyncHTTPClient
import FoundationEssentials
import HTTPService
import NIOCore
import NIOHTTP1

/// Asks a running engine over its unix socket.
struct EngineClient {
  private let base: String

  /// - Parameter address: `unix:///PATH`.
  init(_ address: String) throws {
    guard address.hasPrefix("unix://"), address.dropFirst(7).hasPrefix("/") else {
      throw ValidationError("\(address): name an engine on this host as unix:///PATH")
    }
    base = "http+unix://" + PercentEncoding.encode(String(address.dropFirst(7)))
  }

  /// The body of an answer; the engine's own words where it refuses.
  func get(_ path: String) async throws -> [UInt8] {
    var request = HTTPClientRequest(url: base + path)
    request.headers.add(name: "Host", value: "apus")
    var configuration = HTTPClient.Configuration()
    // A socket that nobody listens on says so at once; asking again for half a minute would change nothing.
    configuration.connectionPool.retryConnectionEstablishment = false
    let client = HTTPClient(configuration: configuration)
    let answer: HTTPClientResponse
    let bytes: [UInt8]
    do {
      answer = try await client.execute(request, timeout: .seconds(30))
      bytes = Array(try await answer.body.collect(upTo: 64 << 20).readableBytesView)
    } catch {
      try await client.shutdown()
      throw ValidationError("no engine answers (\(error)): is it running, and is this its socket?")
    }
    try await client.shutdown()
    guard answer.status == .ok else {
      let message = (try? JSONDecoder().decode(Refusal.self, from: Data(bytes)))?.message
      throw ValidationError(message ?? "the engine answers \(answer.status)")
    }
    return bytes
  }

  private struct Refusal: Decodable { var message: String }
}
