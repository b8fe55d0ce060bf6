import Crypto
import FoundationEssentials
import SwiftASN1
import X509

/// An authority that issues what a test needs, right or wrong.
struct TestAuthority {
  struct Issued {
    /// The certificate, then its authorities without the root.
    let chain: String
    let key: String
  }

  let certificate: Certificate
  private let key: Certificate.PrivateKey
  private let intermediates: [Certificate]

  init(_ name: String, under parent: TestAuthority? = nil) throws {
    let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
    let subject = try DistinguishedName { CommonName(name) }
    let now = Date()
    let certificate = try Certificate(
      version: .v3, serialNumber: .init(), publicKey: key.publicKey, notValidBefore: now - 3600,
      notValidAfter: now + 86_400, issuer: parent?.certificate.subject ?? subject, subject: subject,
      signatureAlgorithm: .ecdsaWithSHA256,
      extensions: Certificate.Extensions {
        Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
        Critical(KeyUsage(keyCertSign: true))
      }, issuerPrivateKey: parent?.key ?? key)
    self.key = key
    self.certificate = certificate
    intermediates = parent.map { [certificate] + $0.intermediates } ?? []
  }

  var pem: String {
    get throws { try certificate.serializeAsPEM().pemString }
  }

  func issue(
    _ name: String, organizations: [String] = [], client: Bool = false, from: Double = -3600, to: Double = 3600
  ) throws -> Issued {
    let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
    let attributes =
      organizations.map { RelativeDistinguishedName.Attribute(type: [2, 5, 4, 10], utf8String: $0) } + [
        RelativeDistinguishedName.Attribute(type: [2, 5, 4, 3], utf8String: name)
      ]
    let now = Date()
    let leaf = try Certificate(
      version: .v3, serialNumber: .init(bytes: [0x12, 0x34, 0x56]), publicKey: key.publicKey,
      notValidBefore: now + from, notValidAfter: now + to, issuer: certificate.subject,
      subject: DistinguishedName(attributes.map { RelativeDistinguishedName($0) }),
      signatureAlgorithm: .ecdsaWithSHA256,
      extensions: Certificate.Extensions {
        Critical(BasicConstraints.notCertificateAuthority)
        try ExtendedKeyUsage([client ? .clientAuth : .serverAuth])
        SubjectAlternativeNames([.dnsName("localhost"), .ipAddress(ASN1OctetString(contentBytes: [127, 0, 0, 1]))])
      }, issuerPrivateKey: self.key)
    let chain = try ([leaf] + intermediates).map { try $0.serializeAsPEM().pemString }
    return Issued(chain: chain.joined(separator: "\n"), key: try key.serializeAsPEM().pemString)
  }
}
