import APIMachinery
import HTTPService
import NIOCore
import NIOHTTP1

/// Passes on a request that changes the protocol (`Upgrade`): once the other server has agreed, bytes go both ways as they come.
struct AggregationTunnel: Sendable {
  /// Bytes of the head of an answer, and of the body of one that refuses.
  private static let largest = 1 << 16

  let client: OutboundClient
  let target: OutboundTarget
  let message: OutboundClient.Message

  /// - Parameter protocols: what the client offers, as it wrote it.
  func respond(_ protocols: String) async throws -> Response {
    let connection: TunnelConnection
    do {
      guard case .service(let service) = target.place else { return AggregationProxy.unavailable }
      let address = try client.resolver.resolve(service)
      connection = try await TunnelConnection.open(
        host: address.host, port: address.port, name: service.serverName, try target.tls.get())
      do {
        try await connection.write(head(service, protocols))
        return try await answer(connection, to: protocols)
      } catch {
        connection.close()
        throw error
      }
    } catch let error as CancellationError {
      throw error
    } catch {
      let failure = OutboundError.from(error, host: OutboundClient.host(target))
      if failure.code == .unresolved { return AggregationProxy.unavailable }
      return AggregationProxy.plain(.serviceUnavailable, "error trying to reach service: \(failure.message)")
    }
  }

  private func head(_ service: OutboundTarget.Service, _ protocols: String) -> ByteBuffer {
    var text = "\(message.method.rawValue) \(message.uri) HTTP/1.1\r\nHost: \(service.serverName):\(service.port)\r\n"
    for (name, value) in message.headers {
      // Nothing that ends a line comes from a client; a user's name may be anything.
      let line = String(String.UnicodeScalarView(value.unicodeScalars.map { $0.value < 0x20 ? " " : $0 }))
      text += "\(name): \(line)\r\n"
    }
    text += "Connection: Upgrade\r\nUpgrade: \(protocols)\r\n\r\n"
    return ByteBuffer(string: text)
  }

  private func answer(_ connection: TunnelConnection, to protocols: String) async throws -> Response {
    var received = ByteBuffer()
    var end: Int?
    while end == nil {
      guard var chunk = try await connection.next() else {
        throw OutboundError(.broken, "EOF")
      }
      received.writeBuffer(&chunk)
      end = Self.end(received.readableBytesView)
      guard end != nil || received.readableBytes <= Self.largest else {
        throw OutboundError(.tooLarge, "the head of the answer is too large")
      }
    }
    let head = received.readString(length: end ?? 0) ?? ""
    let lines = head.split(separator: "\r\n")
    guard let code = lines.first.flatMap({ $0.split(separator: " ").dropFirst().first }).flatMap({ Int($0) }) else {
      throw OutboundError(.broken, "malformed HTTP response")
    }
    var headers = Headers()
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      headers.add(String(line[..<colon]), String(line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }))
    }
    guard code == 101, let name = headers["Upgrade"] else {
      defer { connection.close() }
      return try await refusal(code, headers, connection, received)
    }
    // The client would not be switched to what it did not offer, and the connection would stay for nobody.
    let offered: Headers = ["Upgrade": protocols]
    guard offered.tokens("Upgrade").contains(name.lowercased()) else {
      throw OutboundError(.broken, "it switched to the protocol \(name), which nobody asked for")
    }
    for name in ["Upgrade", "Connection", "Date", "Content-Length", "Transfer-Encoding"] { headers.remove(name) }
    let rest = received
    return .upgrade(to: name, headers: headers) { raw in
      defer { connection.close() }
      try await raw.write(buffer: rest)
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { while let chunk = try await raw.nextBuffer() { try await connection.write(chunk) } }
        group.addTask { while let chunk = try await connection.next() { try await raw.write(buffer: chunk) } }
        // Where one direction is over, so is the other: no protocol that is used here goes on.
        defer { group.cancelAll() }
        try await group.next()
      }
    }
  }

  /// Behind the empty line that ends a head.
  private static func end(_ bytes: ByteBufferView) -> Int? {
    var line = 0
    for (offset, byte) in bytes.enumerated() where byte == 0x0A {
      if line == offset || (line + 1 == offset && bytes[bytes.startIndex + line] == 0x0D) { return offset + 1 }
      line = offset + 1
    }
    return nil
  }

  /// The other server stays with HTTP: its answer, as far as it says how long that is.
  private func refusal(
    _ code: Int, _ headers: Headers, _ connection: TunnelConnection, _ received: ByteBuffer
  ) async throws -> Response {
    if (300...399).contains(code), headers.contains("Location") { return AggregationProxy.redirected }
    var body = received
    let length = min(headers["Content-Length"].flatMap { Int($0) } ?? 0, Self.largest)
    while body.readableBytes < length, var chunk = try await connection.next() { body.writeBuffer(&chunk) }
    let bytes = body.readSlice(length: min(length, body.readableBytes)) ?? ByteBuffer()
    var kept = Headers()
    kept["Content-Type"] = headers["Content-Type"]
    return Response(HTTPService.Status(code), headers: kept, buffer: bytes)
  }
}
