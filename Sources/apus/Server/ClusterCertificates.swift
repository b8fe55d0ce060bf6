import AsyncWork
import ContainerEngine
import HTTPService
import PKI
import Synchronization

/// Keeps what the server shows, and what the administrator shows it, fresh: certificates are replaced long before they
/// end, and when another authority signs or is trusted.
final class ClusterCertificates: Sendable {
  private let secrets: ServerSecrets
  private var files: ClusterFiles { secrets.files }
  private let tls: ServerTLS
  private let clients: ClientTrust
  private let pool: BlockingPool
  private let server: CertificateRenewer
  private let administrator: CertificateRenewer
  private let listeners = Mutex<[AsyncStream<String>.Continuation]>([])

  /// Issues both certificates; the administrator's is written at once. Blocks.
  init(
    _ secrets: ServerSecrets, _ address: ServerAddress, _ tls: ServerTLS, _ clients: ClientTrust,
    shown: IssuedCertificate, _ kubeconfig: Kubeconfig, _ pool: BlockingPool
  ) throws {
    self.clients = clients
    self.secrets = secrets
    let files = secrets.files
    self.tls = tls
    self.pool = pool
    server = CertificateRenewer(current: shown) {
      try files.serverCertificate(address)
    } deliver: { next in
      try tls.replace(certificateChain: next.certificatePEM, privateKey: next.keyPEM)
      Log.info("the server shows a new certificate")
    } failed: {
      Log.warning("the server's certificate is not renewed: \($0)")
    }
    let first = try files.administratorCertificate()
    try kubeconfig.write(first, authorities: files.authorities.bundle)
    administrator = CertificateRenewer(current: first) {
      try files.administratorCertificate()
    } deliver: { next in
      try await pool.run { try kubeconfig.write(next, authorities: files.authorities.bundle) }
      Log.info("wrote a new certificate to \(kubeconfig.path)")
    } failed: {
      Log.warning("the certificate in \(kubeconfig.path) is not renewed: \($0)")
    }
  }

  /// Who signs now.
  var signer: Authority { files.authorities.signer }

  /// The authorities that are trusted (PEM): now, and after each change of them or of the front proxy's.
  func authorities() -> AsyncStream<String> {
    let (stream, continuation) = AsyncStream.makeStream(of: String.self, bufferingPolicy: .bufferingNewest(1))
    listeners.withLock { listeners in
      continuation.yield(files.authorities.bundle)
      listeners.append(continuation)
    }
    return stream
  }

  /// Signs service accounts' tokens.
  var tokens: ServiceAccountTokens { files.tokens }

  /// What anybody may know of the cluster, now and after each change of its authorities.
  func clusterInfo(server: String) -> AsyncStream<String> {
    let authorities = authorities()
    return AsyncStream { continuation in
      let task = Task {
        for await bundle in authorities {
          continuation.yield(Kubeconfig.clusterInfo(server: server, authorities: bundle))
        }
        continuation.finish()
      }
      continuation.onTermination = { _ in task.cancel() }
    }
  }

  /// Renews for as long as its task lives.
  func run() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await self.server.run() }
      group.addTask { try await self.administrator.run() }
      group.addTask {
        try await self.secrets.run(self.pool) {
          try await self.take($0)
        } proxyChanged: {
          Log.info("the front proxy's authorities have changed")
          self.tell(self.files.authorities.bundle)
        }
      }
      defer { group.cancelAll() }
      try await group.next()
    }
  }

  private func tell(_ bundle: String) {
    listeners.withLock { listeners in
      // Those that listen no longer are forgotten.
      listeners.removeAll { if case .terminated = $0.yield(bundle) { true } else { false } }
    }
  }

  private func take(_ bundle: String) async throws {
    Log.info("the cluster's authorities have changed")
    try tls.replace(clientAuthorities: clients.bundle)
    try await server.renew()
    try await administrator.renew()
    tell(bundle)
  }
}
