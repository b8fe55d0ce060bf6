import Crypto
import FoundationEssentials
import SwiftASN1
import X509

/// Issues a cluster's certificates (RFC 5280), with keys on the curve P-256.
public struct CertificateAuthority: Sendable {
  public let certificatePEM: String
  public let privateKeyPEM: String
  private let certificate: Certificate
  private let key: Certificate.PrivateKey

  /// Certificates are valid from a little before they are made, for clocks that are behind.
  private static let leeway: TimeInterval = 300

  /// Makes a new authority that signs itself.
  /// - Parameters:
  ///   - now: seconds since 1970.
  ///   - lifetime: in seconds.
  public init(commonName: String, now: Int64, lifetime: Int64) throws(PKIError) {
    do {
      let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
      let name = try DistinguishedName { CommonName(commonName) }
      let certificate = try Certificate(
        version: .v3, serialNumber: .init(), publicKey: key.publicKey, notValidBefore: Self.date(now) - Self.leeway,
        notValidAfter: Self.date(now + lifetime), issuer: name, subject: name, signatureAlgorithm: .ecdsaWithSHA256,
        extensions: Certificate.Extensions {
          Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
          Critical(KeyUsage(digitalSignature: true, keyEncipherment: true, keyCertSign: true))
          SubjectKeyIdentifier(hash: key.publicKey)
        }, issuerPrivateKey: key)
      self.key = key
      self.certificate = certificate
      certificatePEM = try certificate.serializeAsPEM().pemString + "\n"
      privateKeyPEM = try key.serializeAsPEM().pemString + "\n"
    } catch { throw PKIError(.issue, "cannot make the authority \(commonName)", cause: error) }
  }

  /// Takes up an authority that was made before.
  public init(certificatePEM: String, privateKeyPEM: String) throws(PKIError) {
    do {
      certificate = try Certificate(pemEncoded: certificatePEM)
      key = try Certificate.PrivateKey(pemEncoded: privateKeyPEM)
    } catch { throw PKIError(.unreadable, "the authority's certificate or key cannot be read", cause: error) }
    guard certificate.publicKey == key.publicKey else {
      throw PKIError(.unreadable, "the authority's certificate and key do not belong together")
    }
    self.certificatePEM = certificatePEM
    self.privateKeyPEM = privateKeyPEM
  }

  /// Seconds since 1970 at which the authority's own certificate ends.
  public var notAfter: Int64 { Int64(certificate.notValidAfter.timeIntervalSince1970) }

  /// A certificate with its key.
  public struct Issued: Sendable {
    public let certificatePEM: String
    public let privateKeyPEM: String
    /// Seconds since 1970.
    public let notAfter: Int64
  }

  /// What a certificate is for.
  public enum Purpose: Sendable {
    /// A server that is reached by these names and addresses.
    case server(names: [String], addresses: [[UInt8]])
    case client
  }

  /// Issues a certificate for a new key.
  /// - Parameters:
  ///   - organizations: of a client: its groups.
  ///   - now: seconds since 1970.
  ///   - lifetime: in seconds; it never lasts longer than the authority itself.
  public func issue(
    commonName: String, organizations: [String] = [], for purpose: Purpose, now: Int64, lifetime: Int64
  ) throws(PKIError) -> Issued {
    do {
      let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
      let end = min(now + lifetime, notAfter)
      let certificate = try sign(
        key.publicKey, subject: Self.name(commonName, organizations), purpose, from: now, to: end)
      return Issued(
        certificatePEM: try certificate.serializeAsPEM().pemString + "\n",
        privateKeyPEM: try key.serializeAsPEM().pemString + "\n", notAfter: end)
    } catch { throw PKIError(.issue, "cannot issue a certificate for \(commonName)", cause: error) }
  }

  private static func name(_ commonName: String, _ organizations: [String]) -> DistinguishedName {
    let attributes =
      organizations.map {
        RelativeDistinguishedName.Attribute(type: .RDNAttributeType.organizationName, utf8String: $0)
      }
      + [RelativeDistinguishedName.Attribute(type: .RDNAttributeType.commonName, utf8String: commonName)]
    return DistinguishedName(attributes.map { RelativeDistinguishedName($0) })
  }

  private func sign(
    _ publicKey: Certificate.PublicKey, subject: DistinguishedName, _ purpose: Purpose, from: Int64, to: Int64
  ) throws -> Certificate {
    var extensions = try Certificate.Extensions {
      Critical(BasicConstraints.notCertificateAuthority)
      Critical(KeyUsage(digitalSignature: true, keyEncipherment: true))
      SubjectKeyIdentifier(hash: publicKey)
    }
    switch purpose {
    case .client: try extensions.append(Certificate.Extension(ExtendedKeyUsage([.clientAuth]), critical: false))
    case .server(let names, let addresses):
      try extensions.append(Certificate.Extension(ExtendedKeyUsage([.serverAuth]), critical: false))
      let all: [GeneralName] =
        names.map { .dnsName($0) } + addresses.map { .ipAddress(ASN1OctetString(contentBytes: $0[...])) }
      try extensions.append(Certificate.Extension(SubjectAlternativeNames(all), critical: false))
    }
    return try Certificate(
      version: .v3, serialNumber: .init(), publicKey: publicKey, notValidBefore: Self.date(from) - Self.leeway,
      notValidAfter: Self.date(to), issuer: certificate.subject, subject: subject, signatureAlgorithm: .ecdsaWithSHA256,
      extensions: extensions, issuerPrivateKey: key)
  }

  private static func date(_ seconds: Int64) -> Date { Date(timeIntervalSince1970: TimeInterval(seconds)) }
}
