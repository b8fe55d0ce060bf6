import SwiftASN1
import X509

/// A request for a certificate (PKCS #10, RFC 2986), read and proven to come from who holds the key.
public struct CertificateRequest: Sendable {
  /// The common name; empty where the subject has none.
  public let commonName: String
  public let organizations: [String]
  /// The alternative names that are asked for.
  public let dnsNames: [String]
  public let addresses: [String]
  public let emails: [String]
  public let uris: [String]
  let subject: DistinguishedName
  let publicKey: Certificate.PublicKey
  let alternativeNames: SubjectAlternativeNames

  /// The largest request that is read, in bytes of PEM.
  public static let limit = 65_536

  /// - Parameter pem: one block `CERTIFICATE REQUEST`, as `spec.request` holds it after base64.
  /// - Throws: `malformed`; `signature` where the request is not signed by its own key.
  public init(pem: String) throws(PKIError) {
    guard pem.utf8.count <= Self.limit else {
      throw PKIError(.malformed, "the certificate request is larger than \(Self.limit) bytes")
    }
    let request: CertificateSigningRequest
    let document = try? PEMDocument(pemString: pem)
    guard let document, document.discriminator == CertificateSigningRequest.defaultPEMDiscriminator else {
      throw PKIError(.malformed, "PEM block type must be CERTIFICATE REQUEST")
    }
    do {
      request = try CertificateSigningRequest(derEncoded: document.derBytes)
      let extensions = try request.attributes.extensionRequest?.extensions
      alternativeNames = try extensions?.subjectAlternativeNames ?? SubjectAlternativeNames()
    } catch {
      throw PKIError(.malformed, "the certificate request cannot be read", cause: error)
    }
    guard request.publicKey.isValidSignature(request.signature, for: request) else {
      throw PKIError(.signature, "the certificate request is not signed by the key that it is for")
    }
    subject = request.subject
    publicKey = request.publicKey
    var names: (common: String, organizations: [String]) = ("", [])
    for attribute in request.subject.lazy.flatMap({ $0 }) {
      let value = String(attribute.value) ?? "\(attribute.value)"
      if attribute.type == .RDNAttributeType.commonName { names.common = value }
      if attribute.type == .RDNAttributeType.organizationName { names.organizations.append(value) }
    }
    (commonName, organizations) = names
    var alternative: (dns: [String], addresses: [String], emails: [String], uris: [String]) = ([], [], [], [])
    for name in alternativeNames {
      switch name {
      case .dnsName(let text): alternative.dns.append(text)
      case .rfc822Name(let text): alternative.emails.append(text)
      case .uniformResourceIdentifier(let text): alternative.uris.append(text)
      case .ipAddress(let bytes):
        guard let text = IPAddressBytes.format(bytes.bytes) else {
          throw PKIError(.malformed, "the certificate request names an IP address of \(bytes.bytes.count) bytes")
        }
        alternative.addresses.append(text)
      default:
        throw PKIError(.unsupported, "the certificate request asks for a kind of name that is not served: \(name)")
      }
    }
    (dnsNames, addresses, emails, uris) = alternative
  }
}
