import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// HTTP to the members of an etcd cluster: each request goes to the member that answered last, and to the others in turn
/// where that one does not.
final class EtcdGateway: Sendable {
  /// Whether a request may be made again where it is not known what became of it.
  enum Repetition: Sendable {
    /// Doing it twice is doing it once.
    case harmless
    /// Only where it has certainly not been carried out.
    case forbidden
  }

  /// How long a member has to take a connection, and to answer.
  private static let connectTime = TimeAmount.seconds(2)
  private static let answerTime = TimeAmount.seconds(3)
  /// Bytes; etcd's own limit of a request is far lower, that of a list is none.
  private static let largestAnswer = 256 << 20

  private let members: [EtcdConfiguration.Endpoint]
  private let credentials: EtcdConfiguration.Credentials?
  private let requests: HTTPClient
  /// Streams may be silent for as long as nothing happens.
  private let streams: HTTPClient
  private struct State {
    var preferred = 0
    var isClosed = false
    /// What members know us by once the password was accepted.
    var token: String?
  }
  private let state = Mutex(State())

  /// - Parameter tls: the files of the configuration, read.
  init(_ configuration: EtcdConfiguration, tls: TLSConfiguration?) {
    members = configuration.endpoints
    credentials = configuration.credentials
    var options = HTTPClient.Configuration()
    options.tlsConfiguration = tls
    options.redirectConfiguration = .disallow
    options.httpVersion = .http1Only
    options.connectionPool.retryConnectionEstablishment = false
    options.connectionPool.idleTimeout = .seconds(30)
    options.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 32
    options.timeout = .init(connect: Self.connectTime, read: Self.answerTime)
    requests = HTTPClient(eventLoopGroupProvider: .singleton, configuration: options)
    options.timeout = .init(connect: Self.connectTime)
    // Each stream has a connection of its own for as long as it lasts.
    options.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 1024
    streams = HTTPClient(eventLoopGroupProvider: .singleton, configuration: options)
  }

  func close() async {
    let first = state.withLock { state in
      defer { state.isClosed = true }
      return !state.isClosed
    }
    guard first else { return }
    for client in [requests, streams] {
      // What a shutdown meets is of no use to anyone: the connections are gone either way.
      do { try await client.shutdown() } catch { continue }
    }
  }

  var isClosed: Bool { state.withLock { $0.isClosed } }

  /// One request and its answer.
  /// - Throws: `.unavailable` where no member answers, `.malformed` where what answers is not etcd, the error of etcd
  ///   otherwise.
  func call<Request: Encodable & Sendable, Response: Decodable & Sendable>(
    _ path: String, _ request: Request, _ repetition: Repetition = .harmless, _: Response.Type = Response.self
  ) async throws(StoreError) -> Response {
    let body = try EtcdCoding.encode(request)
    return try await inTurn(repetition) { (member) throws(StoreError) in
      let answer = try await self.post(self.requests, member, path, body)
      let bytes: ByteBuffer
      do { bytes = try await answer.body.collect(upTo: Self.largestAnswer) } catch {
        throw EtcdFault.unreachable(member, error)
      }
      guard answer.status == .ok else { throw EtcdFault.refusal(member, answer.status.code, bytes) }
      return try EtcdCoding.decode(bytes, member)
    }
  }

  /// Opens a stream of answers.
  func stream(_ path: String, _ request: some Encodable & Sendable) async throws(StoreError) -> EtcdLines {
    let body = try EtcdCoding.encode(request)
    return try await inTurn(.harmless) { (member) throws(StoreError) in
      let answer = try await self.post(self.streams, member, path, body)
      guard answer.status == .ok else {
        let bytes: ByteBuffer
        do { bytes = try await answer.body.collect(upTo: 1 << 20) } catch { throw EtcdFault.unreachable(member, error) }
        throw EtcdFault.refusal(member, answer.status.code, bytes)
      }
      return EtcdLines(answer.body, member: member.description)
    }
  }

  private func inTurn<Result: Sendable>(
    _ repetition: Repetition, _ attempt: (EtcdConfiguration.Endpoint) async throws(StoreError) -> Result
  ) async throws(StoreError) -> Result {
    let first = state.withLock { $0.preferred }
    var faults: [StoreError] = []
    for offset in members.indices {
      if isClosed { throw .storeClosed }
      let index = (first + offset) % members.count
      do throws(StoreError) {
        let result = try await known(at: members[index], attempt)
        if offset > 0 { state.withLock { $0.preferred = index } }
        return result
      } catch {
        if isClosed { throw .storeClosed }
        guard error.code == .unavailable || error.code == .malformed, !Task.isCancelled else { throw error }
        guard repetition == .harmless || EtcdFault.wasNeverSent(error) else {
          throw StoreError(.unavailable, "it is not known whether a change was made: \(error.message)", cause: error)
        }
        faults.append(error)
      }
    }
    // One that answers nonsense is told only where nobody is merely away.
    let code = faults.contains { $0.code == .unavailable } ? StoreError.Code.unavailable : .malformed
    throw StoreError(
      code, "the cluster store does not answer: \(faults.map(\.message).joined(separator: "; "))", cause: faults.first)
  }

  /// Makes us known with the password where the member asks for it, and tries again.
  private func known<Result: Sendable>(
    at member: EtcdConfiguration.Endpoint, _ attempt: (EtcdConfiguration.Endpoint) async throws(StoreError) -> Result
  ) async throws(StoreError) -> Result {
    guard let credentials else { return try await attempt(member) }
    if state.withLock({ $0.token }) == nil { try await authenticate(credentials, at: member) }
    do throws(StoreError) { return try await attempt(member) } catch {
      guard error.code == .denied, EtcdFault.isAboutToken(error) else { throw error }
    }
    try await authenticate(credentials, at: member)
    return try await attempt(member)
  }

  private func authenticate(
    _ credentials: EtcdConfiguration.Credentials, at member: EtcdConfiguration.Endpoint
  ) async throws(StoreError) {
    state.withLock { $0.token = nil }
    let body = try EtcdCoding.encode(
      EtcdWire.AuthenticateRequest(name: credentials.user, password: credentials.password))
    let answer = try await post(requests, member, "/v3/auth/authenticate", body)
    let bytes: ByteBuffer
    do { bytes = try await answer.body.collect(upTo: 1 << 20) } catch { throw EtcdFault.unreachable(member, error) }
    guard answer.status == .ok else {
      let refusal = EtcdFault.refusal(member, answer.status.code, bytes)
      throw EtcdFault.isAboutPassword(refusal) ? StoreError(.denied, refusal.message, cause: refusal) : refusal
    }
    let token = try EtcdCoding.decode(bytes, member, EtcdWire.AuthenticateResponse.self).token
    state.withLock { $0.token = token }
  }

  private func post(
    _ client: HTTPClient, _ member: EtcdConfiguration.Endpoint, _ path: String, _ body: ByteBuffer
  ) async throws(StoreError) -> HTTPClientResponse {
    var request = HTTPClientRequest(url: "\(member)\(path)")
    request.method = .POST
    request.headers.add(name: "Content-Type", value: "application/json")
    if let token = state.withLock({ $0.token }) { request.headers.add(name: "Authorization", value: token) }
    request.body = .bytes(body)
    do {
      return try await client.execute(request, deadline: .now() + Self.connectTime + Self.answerTime)
    } catch { throw EtcdFault.unreachable(member, error) }
  }
}

/// JSON from and for the gateway.
enum EtcdCoding {
  static func encode(_ request: some Encodable) throws(StoreError) -> ByteBuffer {
    do { return ByteBuffer(bytes: try JSONEncoder().encode(request)) } catch {
      throw StoreError(.failed, "a request for the cluster store cannot be written: \(error)", cause: error)
    }
  }

  static func decode<Value: Decodable>(
    _ bytes: ByteBuffer, _ member: some CustomStringConvertible, _: Value.Type = Value.self
  ) throws(StoreError) -> Value {
    do { return try JSONDecoder().decode(Value.self, from: Data(bytes.readableBytesView)) } catch {
      throw StoreError(.malformed, "\(member): the answer is not etcd's", cause: error)
    }
  }
}
