import SwiftASN1
import X509

/// What a certificate may be used for, in the words of the API of certificate signing requests
/// (certificates.k8s.io/v1, `usages`).
public struct CertificateUsage: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  public let rawValue: String

  /// Nil where the API has no such usage.
  public init?(rawValue: String) {
    guard Self.key[rawValue] != nil || Self.extended[rawValue] != nil else { return nil }
    self.rawValue = rawValue
  }

  private init(known: String) { rawValue = known }

  public static let digitalSignature = CertificateUsage(known: "digital signature")
  public static let keyEncipherment = CertificateUsage(known: "key encipherment")
  public static let clientAuth = CertificateUsage(known: "client auth")
  public static let serverAuth = CertificateUsage(known: "server auth")
  public static let certSign = CertificateUsage(known: "cert sign")

  /// Every usage that the API has.
  public static var all: [CertificateUsage] {
    (Array(key.keys) + extended.keys).sorted().map { CertificateUsage(known: $0) }
  }

  public var description: String { rawValue }

  /// The bits of the key usage extension (RFC 5280, 4.2.1.3).
  private static let key: [String: KeyUsage] = [
    "signing": KeyUsage(digitalSignature: true), "digital signature": KeyUsage(digitalSignature: true),
    "content commitment": KeyUsage(nonRepudiation: true), "key encipherment": KeyUsage(keyEncipherment: true),
    "key agreement": KeyUsage(keyAgreement: true), "data encipherment": KeyUsage(dataEncipherment: true),
    "cert sign": KeyUsage(keyCertSign: true), "crl sign": KeyUsage(cRLSign: true),
    "encipher only": KeyUsage(encipherOnly: true), "decipher only": KeyUsage(decipherOnly: true),
  ]

  /// The identifiers of the extended key usage extension (RFC 5280, 4.2.1.12).
  private static let extended: [String: ASN1ObjectIdentifier] = [
    "any": [2, 5, 29, 37, 0], "server auth": [1, 3, 6, 1, 5, 5, 7, 3, 1], "client auth": [1, 3, 6, 1, 5, 5, 7, 3, 2],
    "code signing": [1, 3, 6, 1, 5, 5, 7, 3, 3], "email protection": [1, 3, 6, 1, 5, 5, 7, 3, 4],
    "s/mime": [1, 3, 6, 1, 5, 5, 7, 3, 4], "ipsec end system": [1, 3, 6, 1, 5, 5, 7, 3, 5],
    "ipsec tunnel": [1, 3, 6, 1, 5, 5, 7, 3, 6], "ipsec user": [1, 3, 6, 1, 5, 5, 7, 3, 7],
    "timestamping": [1, 3, 6, 1, 5, 5, 7, 3, 8], "ocsp signing": [1, 3, 6, 1, 5, 5, 7, 3, 9],
    "microsoft sgc": [1, 3, 6, 1, 4, 1, 311, 10, 3, 3], "netscape sgc": [2, 16, 840, 1, 113_730, 4, 1],
  ]

  static func keyUsage(of usages: [CertificateUsage]) -> KeyUsage {
    var union = KeyUsage()
    for usage in usages.compactMap({ key[$0.rawValue] }) {
      union.digitalSignature = union.digitalSignature || usage.digitalSignature
      union.nonRepudiation = union.nonRepudiation || usage.nonRepudiation
      union.keyEncipherment = union.keyEncipherment || usage.keyEncipherment
      union.dataEncipherment = union.dataEncipherment || usage.dataEncipherment
      union.keyAgreement = union.keyAgreement || usage.keyAgreement
      union.keyCertSign = union.keyCertSign || usage.keyCertSign
      union.cRLSign = union.cRLSign || usage.cRLSign
      union.encipherOnly = union.encipherOnly || usage.encipherOnly
      union.decipherOnly = union.decipherOnly || usage.decipherOnly
    }
    return union
  }

  static func extendedKeyUsage(of usages: [CertificateUsage]) throws -> ExtendedKeyUsage {
    var seen: [ASN1ObjectIdentifier] = []
    for identifier in usages.compactMap({ extended[$0.rawValue] }) where !seen.contains(identifier) {
      seen.append(identifier)
    }
    return try ExtendedKeyUsage(seen.map { ExtendedKeyUsage.Usage(oid: $0) })
  }
}
