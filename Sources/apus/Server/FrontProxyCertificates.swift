import APIMachinery
import APIServer
import Linux
import PKI
import Synchronization

/// Certificates by which other API servers know this one. Their authority stands beside the cluster's own: whoever has a
/// certificate of it may speak for anybody, so it is not the one that clients' certificates come from.
final class FrontProxyCertificates: Sendable {
  static let authorityName = "front-proxy-ca"
  private static let year: Int64 = 365 * 86_400
  /// What is left of a certificate's time when a new one is made.
  private static let renewal: Int64 = 120 * 86_400

  private let authority: Authority
  private let issued = Mutex<IssuedCertificate?>(nil)

  init(_ authority: Authority) { self.authority = authority }

  private static func paths(_ directory: String) -> (certificate: String, key: String) {
    ("\(directory)/front-proxy-ca.crt", "\(directory)/front-proxy-ca.key")
  }

  /// The authority that a directory holds; nil where it holds none. Blocks.
  static func present(in directory: String) throws -> Authority? {
    let (certificate, key) = paths(directory)
    return try Authority(certificatePath: certificate, keyPath: key)
  }

  /// The same, and a new one where there is none. Blocks.
  static func authority(in directory: String) throws -> Authority {
    try FileSystem.makeDirectories(directory, mode: 0o700)
    if let present = try present(in: directory) { return present }
    let (certificate, key) = paths(directory)
    let authority = try Authority(commonName: authorityName)
    try authority.save(certificatePath: certificate, keyPath: key)
    return authority
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
