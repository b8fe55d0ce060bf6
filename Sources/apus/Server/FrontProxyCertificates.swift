import APIServer
import PKI
import Synchronization

/// The authorities by which other API servers know this one, beside the cluster's own: whoever has a certificate
/// of one may speak for anybody, so they are not those that clients' certificates come from.
final class FrontProxyCertificates: Sendable {
  static let authorityName = "front-proxy-ca"
  private static let year: Int64 = 365 * 86_400

  let authorities: AuthorityKeeper
  private let issued = Mutex<(certificate: IssuedCertificate, by: String)?>(nil)

  /// Reads what is there and makes what is not. Blocks.
  init(directory: String) throws {
    authorities = try AuthorityKeeper(directory: directory, name: Self.authorityName, commonName: Self.authorityName)
    try authorities.makeNextIfDue()
  }

  /// Those that servers share.
  /// - Parameter authorities: the oldest first; at least one.
  init(shared authorities: [Authority]) {
    self.authorities = AuthorityKeeper(shared: authorities, commonName: Self.authorityName)
  }

  /// A certificate that is valid now, of the authority that signs now; it is kept in memory only.
  private func credentials() throws -> FrontProxy.Credentials {
    let signer = authorities.signer
    let current = try issued.withLock { issued in
      if let issued, issued.by == signer.certificatePEM,
        RenewalSchedule().wait(issued.certificate, now: WallClock.system.now) > 0
      {
        return issued.certificate
      }
      let new = try signer.issueClientCertificate(commonName: FrontProxy.commonName, lifetime: Self.year)
      issued = (new, signer.certificatePEM)
      return new
    }
    return FrontProxy.Credentials(certificate: current.certificatePEM, privateKey: current.keyPEM)
  }

  var proxy: FrontProxy { FrontProxy(authorities: { self.authorities.bundle }) { try self.credentials() } }
}
