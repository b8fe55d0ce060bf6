import APIMachinery
import APIServer
import Linux
import PKI
import Synchronization

/// The authority by which other API servers know this one, on disk beside the cluster's own: whoever has a certificate of
/// it may speak for anybody, so it is not the one that clients' certificates come from.
final class FrontProxyFiles: Sendable {
  private static let year: Int64 = 365 * 86_400
  /// What is left of a certificate's time when a new one is made.
  private static let renewal: Int64 = 120 * 86_400

  private let authority: CertificateAuthority
  private let issued = Mutex<CertificateAuthority.Issued?>(nil)

  /// Reads what is there and makes what is not. Blocks.
  init(directory: String, now: Int64) throws {
    try FileSystem.makeDirectories(directory, mode: 0o700)
    let (certificate, key) = ("\(directory)/front-proxy-ca.crt", "\(directory)/front-proxy-ca.key")
    if FileSystem.exists(key) {
      authority = try CertificateAuthority(
        certificatePEM: try FileSystem.readText(certificate), privateKeyPEM: try FileSystem.readText(key))
    } else {
      authority = try CertificateAuthority(commonName: "front-proxy-ca", now: now, lifetime: 10 * Self.year)
      // The key comes last: where it is there, the certificate is too.
      try FileSystem.replace(certificate, Array(authority.certificatePEM.utf8), mode: 0o600, durable: true)
      try FileSystem.replace(key, Array(authority.privateKeyPEM.utf8), mode: 0o600, durable: true)
    }
  }

  /// A certificate that is valid now; it is kept in memory only.
  private func credentials(now: Int64) throws -> FrontProxy.Credentials {
    let current = try issued.withLock { issued in
      if let issued, issued.notAfter - Self.renewal > now { return issued }
      let new = try authority.issue(
        commonName: FrontProxy.commonName, for: .client, now: now, lifetime: Self.year)
      issued = new
      return new
    }
    return FrontProxy.Credentials(certificate: current.certificatePEM, privateKey: current.privateKeyPEM)
  }

  var proxy: FrontProxy {
    FrontProxy(authority: authority.certificatePEM) { try self.credentials(now: Timestamp.now.seconds) }
  }
}
