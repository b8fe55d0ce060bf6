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

  private let authority: Authority
  private let issued = Mutex<IssuedCertificate?>(nil)

  /// Reads what is there and makes what is not. Blocks.
  init(directory: String) throws {
    try FileSystem.makeDirectories(directory, mode: 0o700)
    let (certificate, key) = ("\(directory)/front-proxy-ca.crt", "\(directory)/front-proxy-ca.key")
    if let present = try Authority(certificatePath: certificate, keyPath: key) {
      authority = present
    } else {
      authority = try Authority(commonName: "front-proxy-ca")
      try authority.save(certificatePath: certificate, keyPath: key)
    }
  }

  /// A certificate that is valid now; it is kept in memory only.
  private func credentials() throws -> FrontProxy.Credentials {
    let current = try issued.withLock { issued in
      if let issued, issued.notAfter - Self.renewal > Timestamp.now.seconds { return issued }
      let new = try authority.issueClientCertificate(commonName: FrontProxy.commonName, lifetime: Self.year)
      issued = new
      return new
    }
    return FrontProxy.Credentials(certificate: current.certificatePEM, privateKey: current.keyPEM)
  }

  var proxy: FrontProxy { FrontProxy(authority: authority.certificatePEM) { try self.credentials() } }
}
