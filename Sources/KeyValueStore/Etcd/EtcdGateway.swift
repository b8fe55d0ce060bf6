import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import NIOHTTP1
import Synchronization

/// HTTP to the members of an etcd cluster: each request goes to the member that answered last, and to the others in turn
/// where that one does not.
final class EtcdGateway: Sendable {
  /// How long a member has to take a connection, and to answer.
  private static let connectTime = TimeAmount.seconds(2)
  private static let answerTime = TimeAmount.seconds(3)
  /// Bytes; etcd's own limit of a request is far lower, that of a list is none.
  private static let largestAnswer = 256 << 20

  private let members: [String]
  private let requests: HTTPClient
  /// Streams may be silent for as long as nothing happens.
  private let streams: HTTPClient
  private let preferred = Mutex(0)
  private let closed = Mutex(false)

  init(members: [String]) {
    self.members = members
    var options = HTTPClient.Configuration()
    options.redirectConfiguration = .disallow
    options.httpVersion = .http1Only
    options.connectionPool.retryConnectionEstablishment = false
    options.connectionPool.idleTimeout = .seconds(30)
    options.timeout = .init(connect: Self.connectTime, read: Self.answerTime)
    requests = HTTPClient(eventLoopGroupProvider: .singleton, configuration: options)
    options.timeout = .init(connect: Self.connectTime)
    streams = HTTPClient(eventLoopGroupProvider: .singleton, configuration: options)
  }

  func close() async {
    let first = closed.withLock { closed in
      defer { closed = true }
      return !closed
    }
    guard first else { return }
    for client in [requests, streams] {
      // What a shutdown meets is of no use to anyone: the connections are gone either way.
      do { try await client.shutdown() } catch { continue }
    }
  }

  /// One request and its answer.
  /// - Throws: `.unavailable` where no member answers, `.malformed` where what answers is not etcd, the error of etcd
  ///   otherwise.
  func call<Request: Encodable & Sendable, Response: Decodable & Sendable>(
    _ path: String, _ request: Request, _: Response.Type = Response.self
  ) async throws(StoreError) -> Response {
    let body = try Self.encode(request)
    return try await inTurn { (member) throws(StoreError) in
      let answer = try await self.post(self.requests, member, path, body)
      let bytes: ByteBuffer
      do { bytes = try await answer.body.collect(upTo: Self.largestAnswer) } catch {
        throw Self.unreachable(member, error)
      }
      guard answer.status == .ok else { throw Self.refusal(member, answer.status.code, bytes) }
      return try Self.decode(bytes, member)
    }
  }

  /// Opens a stream of answers.
  func stream(_ path: String, _ request: some Encodable & Sendable) async throws(StoreError) -> EtcdLines {
    let body = try Self.encode(request)
    return try await inTurn { (member) throws(StoreError) in
      let answer = try await self.post(self.streams, member, path, body)
      guard answer.status == .ok else {
        let bytes: ByteBuffer
        do { bytes = try await answer.body.collect(upTo: 1 << 20) } catch { throw Self.unreachable(member, error) }
        throw Self.refusal(member, answer.status.code, bytes)
      }
      return EtcdLines(answer.body, member: member)
    }
  }

  private func inTurn<Result: Sendable>(
    _ attempt: (String) async throws(StoreError) -> Result
  ) async throws(StoreError) -> Result {
    let first = preferred.withLock { $0 }
    var faults: [StoreError] = []
    for offset in members.indices {
      if closed.withLock({ $0 }) { throw StoreError(.closed, "the store is closed") }
      let index = (first + offset) % members.count
      do throws(StoreError) {
        let result = try await attempt(members[index])
        if offset > 0 { preferred.withLock { $0 = index } }
        return result
      } catch {
        guard error.code == .unavailable || error.code == .malformed, !Task.isCancelled else { throw error }
        faults.append(error)
      }
    }
    // One that answers nonsense is told only where nobody is merely away.
    let code = faults.contains { $0.code == .unavailable } ? StoreError.Code.unavailable : .malformed
    throw StoreError(
      code, "the cluster store does not answer: \(faults.map(\.message).joined(separator: "; "))", cause: faults.first)
  }

  private func post(
    _ client: HTTPClient, _ member: String, _ path: String, _ body: ByteBuffer
  ) async throws(StoreError) -> HTTPClientResponse {
    var request = HTTPClientRequest(url: "http://\(member)\(path)")
    request.method = .POST
    request.headers.add(name: "Content-Type", value: "application/json")
    request.body = .bytes(body)
    do {
      return try await client.execute(request, deadline: .now() + Self.connectTime + Self.answerTime)
    } catch { throw Self.unreachable(member, error) }
  }

  private static func encode(_ request: some Encodable) throws(StoreError) -> ByteBuffer {
    do { return ByteBuffer(bytes: try JSONEncoder().encode(request)) } catch {
      throw StoreError(.failed, "a request for the cluster store cannot be written: \(error)", cause: error)
    }
  }

  static func decode<Value: Decodable>(
    _ bytes: ByteBuffer, _ member: String
  ) throws(StoreError) -> Value {
    do { return try JSONDecoder().decode(Value.self, from: Data(bytes.readableBytesView)) } catch {
      throw StoreError(.malformed, "\(member): the answer is not etcd's", cause: error)
    }
  }

  static func unreachable(_ member: String, _ error: any Error) -> StoreError {
    if error is CancellationError { return StoreError(.closed, "the request was given up", cause: error) }
    return StoreError(.unavailable, "\(member): \(error)", cause: error)
  }

  /// What etcd says to a request that it refuses, by the numbers of gRPC (its JSON gateway passes them on).
  private static func refusal(_ member: String, _ status: UInt, _ bytes: ByteBuffer) -> StoreError {
    guard let failure: EtcdWire.Failure = try? decode(bytes, member), let code = failure.code else {
      return status >= 500
        ? StoreError(.unavailable, "\(member): HTTP status \(status)")
        : StoreError(.malformed, "\(member): HTTP status \(status) without a word of etcd's")
    }
    return Self.error(code, "\(member): \(failure.message ?? failure.error ?? "error \(code)")")
  }

  static func error(_ code: Int, _ message: String) -> StoreError {
    switch code {
    // Not found; the only thing that we ask for by number is a lease.
    case 5: StoreError(.leaseGone, message)
    // Out of range: a revision that has been compacted.
    case 11: StoreError(.compacted, message)
    // Resource exhausted: the database's quota.
    case 8: StoreError(.full, message)
    // Deadline exceeded, unavailable (no leader, time-outs), unknown.
    case 2, 4, 14: StoreError(.unavailable, message)
    default: StoreError(.failed, message)
    }
  }
}

/// The messages of a stream, one a line.
struct EtcdLines: Sendable {
  /// Bytes; what is longer is no message.
  private static let longest = 64 << 20

  private let body: HTTPClientResponse.Body
  let member: String

  init(_ body: HTTPClientResponse.Body, member: String) {
    self.body = body
    self.member = member
  }

  /// Gives each message to `take` until that says that it has enough; returns when the member ends the stream.
  func forEach<Message: Decodable & Sendable>(
    _: Message.Type, _ take: (Message) async throws(StoreError) -> Bool
  ) async throws(StoreError) {
    var rest = ByteBuffer()
    var iterator = body.makeAsyncIterator()
    while true {
      let chunk: ByteBuffer?
      do { chunk = try await iterator.next() } catch { throw EtcdGateway.unreachable(member, error) }
      guard var chunk else { return }
      rest.writeBuffer(&chunk)
      while let end = rest.readableBytesView.firstIndex(of: 0x0A) {
        guard let line = rest.readSlice(length: end - rest.readerIndex) else { break }
        rest.moveReaderIndex(forwardBy: 1)
        if line.readableBytes == 0 { continue }
        let message: EtcdWire.Streamed<Message> = try EtcdGateway.decode(line, member)
        if let error = message.error {
          throw EtcdGateway.error(error.grpc_code ?? 2, "\(member): \(error.message ?? "the stream failed")")
        }
        guard let result = message.result else {
          throw StoreError(.malformed, "\(member): a message of the stream is empty")
        }
        if try await !take(result) { return }
      }
      guard rest.readableBytes <= Self.longest else {
        throw StoreError(.malformed, "\(member): a message of the stream does not end")
      }
      rest.discardReadBytes()
    }
  }
}
