import APIMachinery
import KeyValueStore
import NIOCore
import Protobuf
import Synchronization

/// Who keeps the keys by which keys are encrypted.
protocol KeyManagement: Sendable {
  func status() async throws(CipherError) -> KMSStatus
  /// - Parameter uid: names the request in the plugin's log.
  func encrypt(_ plaintext: [UInt8], uid: String) async throws(CipherError) -> KMSEncrypted
  func decrypt(_ source: EncryptedObject.Source, uid: String) async throws(CipherError) -> [UInt8]
  /// Ends connections.
  func close() async
}

/// A plugin on this host: gRPC on a unix socket (Kubernetes' `KeyManagementService` v2). The connection is made when it is
/// needed, and made anew when it has ended.
final class KMSPlugin: KeyManagement {
  private static let service = "/v2.KeyManagementService/"

  private let path: String
  private let timeout: TimeAmount
  private let connection = Mutex<GRPCConnection?>(nil)

  /// - Parameters:
  ///   - path: of the socket.
  ///   - timeout: how long a call may take.
  init(path: String, timeout: Duration) {
    self.path = path
    self.timeout = .nanoseconds(Int64((timeout / .nanoseconds(1)).rounded()))
  }

  func status() async throws(CipherError) -> KMSStatus { try await call("Status", KMSMessage.StatusRequest()) }

  func encrypt(_ plaintext: [UInt8], uid: String) async throws(CipherError) -> KMSEncrypted {
    try await call("Encrypt", KMSMessage.EncryptRequest(plaintext: plaintext, uid: uid))
  }

  func decrypt(_ source: EncryptedObject.Source, uid: String) async throws(CipherError) -> [UInt8] {
    let request = KMSMessage.DecryptRequest(
      ciphertext: source.ciphertext, uid: uid, keyID: source.keyID, annotations: source.annotations)
    let response: KMSMessage.DecryptResponse = try await call("Decrypt", request)
    return response.plaintext
  }

  private func call<Answer: ProtobufDecodable>(
    _ method: String, _ request: some ProtobufEncodable
  ) async throws(CipherError) -> Answer {
    do {
      let answer = try await connected().call(
        Self.service + method, [], ByteBuffer(bytes: request.encoded), patience: timeout, limit: timeout)
      return try Answer(decoding: Array(answer.readableBytesView))
    } catch let fault as GRPCFault {
      if case .refused(let code) = fault.kind {
        throw CipherError("rpc error: code = \(Self.name(ofStatus: code)) desc = \(fault.message)")
      }
      throw CipherError("rpc error: code = Unavailable desc = unix://\(path): \(fault.message)")
    } catch { throw CipherError("unix://\(path): \(error)") }
  }

  private func connected() async throws(GRPCFault) -> GRPCConnection {
    if let present = connection.withLock({ $0 }), present.isUsable { return present }
    let new = try await GRPCConnection.connect(unixSocket: path)
    let (kept, spare) = connection.withLock { connection -> (GRPCConnection, GRPCConnection?) in
      // Somebody else may have made one meanwhile, and calls on it.
      if let present = connection, present.isUsable { return (present, new) }
      defer { connection = new }
      return (new, connection)
    }
    await spare?.close()
    return kept
  }

  func close() async {
    let last = connection.withLock { $0.take() }
    await last?.close()
  }

  /// What gRPC calls a status.
  private static func name(ofStatus code: Int) -> String {
    let names = [
      "OK", "Canceled", "Unknown", "InvalidArgument", "DeadlineExceeded", "NotFound", "AlreadyExists",
      "PermissionDenied", "ResourceExhausted", "FailedPrecondition", "Aborted", "OutOfRange", "Unimplemented",
      "Internal", "Unavailable", "DataLoss", "Unauthenticated",
    ]
    return names.indices.contains(code) ? names[code] : "Code(\(code))"
  }
}
