import SwiftASN1
import X509

/// What a certificate is to say of its subject.
public struct CertificateProfile: Sendable {
  public var commonName: String
  public var organizations: [String]
  /// DNS names.
  public var names: [String]
  /// IPv4 and IPv6 addresses as they are written.
  public var addresses: [String]
  public var usages: [CertificateUsage]

  public init(
    commonName: String, organizations: [String] = [], names: [String] = [], addresses: [String] = [],
    usages: [CertificateUsage]
  ) {
    self.commonName = commonName
    self.organizations = organizations
    self.names = names
    self.addresses = addresses
    self.usages = usages
  }

  var subject: DistinguishedName {
    // Organisations first, as kubeadm and Go write them; one name of a set each.
    let attributes =
      organizations.map {
        RelativeDistinguishedName.Attribute(type: .RDNAttributeType.organizationName, utf8String: $0)
      }
      + (commonName.isEmpty
        ? [] : [RelativeDistinguishedName.Attribute(type: .RDNAttributeType.commonName, utf8String: commonName)])
    return DistinguishedName(attributes.map { RelativeDistinguishedName($0) })
  }

  var alternativeNames: SubjectAlternativeNames {
    get throws(PKIError) {
      var all: [GeneralName] = []
      for name in names {
        guard !name.isEmpty, name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
          throw PKIError(.subject, "\(name) is no DNS name: write names of other scripts in punycode")
        }
        all.append(.dnsName(name))
      }
      for address in addresses {
        guard let bytes = IPAddressBytes.parse(address) else { throw PKIError(.subject, "\(address) is no IP address") }
        all.append(.ipAddress(ASN1OctetString(contentBytes: bytes[...])))
      }
      return SubjectAlternativeNames(all)
    }
  }
}
