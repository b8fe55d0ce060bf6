import NIOCore
import NIOSSL
import Protobuf
import Synchronization

/// Calls to the members of an etcd cluster: each goes to the member that answered last, and to the others in turn where
/// that one does not.
final class EtcdClient: Sendable {
  /// Whether a request may be made again where it is not known what became of it.
  enum Repetition: Sendable {
    /// Doing it twice is doing it once.
    case harmless
    /// Only where it has certainly not been carried out.
    case forbidden
  }

  /// The calls of etcd (etcd API v3, `rpc.proto`).
  enum Method: String, Sendable {
    case range = "/etcdserverpb.KV/Range"
    case transaction = "/etcdserverpb.KV/Txn"
    case compact = "/etcdserverpb.KV/Compact"
    case watch = "/etcdserverpb.Watch/Watch"
    case grantLease = "/etcdserverpb.Lease/LeaseGrant"
    case revokeLease = "/etcdserverpb.Lease/LeaseRevoke"
    case keepLeaseAlive = "/etcdserverpb.Lease/LeaseKeepAlive"
    case leaseTimeToLive = "/etcdserverpb.Lease/LeaseTimeToLive"
    case authenticate = "/etcdserverpb.Auth/Authenticate"
    case status = "/etcdserverpb.Maintenance/Status"
  }

  /// How long a member may be silent before another one is asked, and how long all of an answer may take.
  private static let patience = TimeAmount.seconds(4)
  private static let limit = TimeAmount.seconds(60)

  private let members: [EtcdMember]
  let credentials: EtcdConfiguration.Credentials?
  private struct State {
    var preferred = 0
    var isClosed = false
    /// What members know us by once the password was accepted.
    var token: String?
  }
  private let state = Mutex(State())

  /// - Parameter tls: from the files of the configuration; for members that are reached by TLS.
  init(_ configuration: EtcdConfiguration, tls: NIOSSLContext?) {
    members = configuration.endpoints.map { EtcdMember($0, tls: tls) }
    credentials = configuration.credentials
  }

  func close() async {
    let first = state.withLock { state in
      defer { state.isClosed = true }
      return !state.isClosed
    }
    guard first else { return }
    for member in members { await member.close() }
  }

  var isClosed: Bool { state.withLock { $0.isClosed } }

  /// The next call shows the password again: tokens end after some minutes.
  func forgetToken() { state.withLock { $0.token = nil } }

  /// One request and its answer.
  /// - Throws: `.unavailable` where no member answers, `.malformed` where what answers is not etcd, the error of etcd
  ///   otherwise.
  func call<Answer: ProtobufDecodable>(
    _ method: Method, _ request: some ProtobufEncodable, _ repetition: Repetition = .harmless,
    _: Answer.Type = Answer.self
  ) async throws(StoreError) -> Answer {
    let message = request.buffer
    return try await inTurn(repetition) { (member) throws(StoreError) in
      try await self.call(method, message, at: member)
    }
  }

  /// Opens a stream.
  /// - Returns: its sending half, and whose it is.
  func stream(_ method: Method, receiver: any GRPCReceiver) async throws(StoreError) -> (GRPCStream, EtcdMember) {
    try await inTurn(.harmless) { (member) throws(StoreError) in
      do throws(GRPCFault) {
        // A member that has lost the others must say so, and not be silent.
        let stream = try await member.connection().stream(
          method.rawValue, self.metadata + [("hasleader", "true")], receiver: receiver)
        return (stream, member)
      } catch { throw EtcdFault.error(error, member) }
    }
  }

  /// The next call goes to another member first.
  func avoid(_ member: EtcdMember) {
    state.withLock { state in
      if members[state.preferred] === member { state.preferred = (state.preferred + 1) % members.count }
    }
  }

  /// The version of a member's program: major, minor and patch.
  func version(of member: EtcdMember) async throws(StoreError) -> [Int] {
    let status: EtcdAnswer.Status = try await call(.status, EtcdRequest.Status().buffer, at: member)
    return status.version.prefix { $0 != "-" }.split(separator: ".").compactMap { Int($0) }
  }

  private func inTurn<Result: Sendable>(
    _ repetition: Repetition, _ attempt: (EtcdMember) async throws(StoreError) -> Result
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
        guard repetition == .harmless || EtcdFault.wasNeverCarriedOut(error) else {
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
    at member: EtcdMember, _ attempt: (EtcdMember) async throws(StoreError) -> Result
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
    _ credentials: EtcdConfiguration.Credentials, at member: EtcdMember
  ) async throws(StoreError) {
    forgetToken()
    let answer: EtcdAnswer.Authenticate
    do throws(StoreError) {
      answer = try await call(
        .authenticate, EtcdRequest.Authenticate(name: credentials.user, password: credentials.password).buffer,
        at: member)
    } catch { throw EtcdFault.isAboutPassword(error) ? StoreError(.denied, error.message, cause: error) : error }
    guard !answer.token.isEmpty else { throw StoreError(.malformed, "\(member): the answer holds no token") }
    state.withLock { $0.token = answer.token }
  }

  private var metadata: [(String, String)] {
    state.withLock { $0.token }.map { [("token", $0)] } ?? []
  }

  private func call<Answer: ProtobufDecodable>(
    _ method: Method, _ message: ByteBuffer, at member: EtcdMember
  ) async throws(StoreError) -> Answer {
    let bytes: ByteBuffer
    do throws(GRPCFault) {
      bytes = try await member.connection().call(
        method.rawValue, metadata, message, patience: Self.patience, limit: Self.limit)
    } catch { throw EtcdFault.error(error, member) }
    do throws(ProtobufFault) { return try Answer(decoding: bytes) } catch {
      throw StoreError(.malformed, "\(member): the answer is not etcd's: \(error)", cause: error)
    }
  }
}
