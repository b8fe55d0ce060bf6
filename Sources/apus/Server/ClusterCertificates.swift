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
  private let serving: ServingCertificate
  private let pool: BlockingPool
  private let server: CertificateRenewer
  private let administrator: CertificateRenewer
  private let listeners = Mutex<[AsyncStream<String>.Continuation]>([])

  /// Issues both certificates; the administrator's is written at once. Blocks.
  init(
    _ secrets: ServerSecrets, _ address: ServerAddress, _ tls: ServerTLS, _ clients: ClientTrust,
    _ serving: ServingCertificate, issued: IssuedCertificate, _ kubeconfig: Kubeconfig, _ pool: BlockingPool
  ) throws {
    self.clients = clients
    self.secrets = secrets
    self.serving = serving
    let files = secrets.files
    self.tls = tls
    self.pool = pool
    server = CertificateRenewer(current: issued) {
      try files.serverCertificate(address)
    } deliver: { next in
      // The operator's is shown in the place of this one.
      guard serving.pair == nil else { return }
      try tls.replace(certificateChain: next.certificatePEM, privateKey: next.keyPEM)
      Log.info("the server shows a new certificate")
    } failed: {
      Log.warning("the server's certificate is not renewed: \($0)")
    }
    let first = try files.administratorCertificate()
    try kubeconfig.write(first, authorities: Self.trusted(files, serving))
    administrator = CertificateRenewer(current: first) {
      try files.administratorCertificate()
    } deliver: { next in
      try await pool.run { try kubeconfig.write(next, authorities: Self.trusted(files, serving)) }
      Log.info("wrote a new certificate to \(kubeconfig.path)")
    } failed: {
      Log.warning("the certificate in \(kubeconfig.path) is not renewed: \($0)")
    }
  }

  /// By whom clients know the server (PEM).
  private var trusted: String { Self.trusted(files, serving) }

  private static func trusted(_ files: ClusterFiles, _ serving: ServingCertificate) -> String {
    files.authorities.bundle + serving.trusted
  }

  /// Who signs now.
  var signer: Authority { files.authorities.signer }

  /// The authorities that are trusted (PEM): now, and after each change of them or of the front proxy's.
  func authorities() -> AsyncStream<String> {
    let (stream, continuation) = AsyncStream.makeStream(of: String.self, bufferingPolicy: .bufferingNewest(1))
    listeners.withLock { listeners in
      continuation.yield(trusted)
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
          self.tell(self.trusted)
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

  private func take(_: String) async throws {
    Log.info("the cluster's authorities have changed")
    try tls.replace(clientAuthorities: clients.bundle)
    try await server.renew()
    try await administrator.renew()
    tell(trusted)
  }

  /// The certificate that the operator has the server show is another one.
  func trustChanged() async throws {
    try await administrator.renew()
    tell(trusted)
  }
}
