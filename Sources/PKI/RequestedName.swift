import SwiftASN1
import X509

/// Who a certificate request (PKCS #10, RFC 2986) says that it is for.
public enum RequestedName {
  /// The common name of the subject; empty where it has none.
  /// - Parameter pem: one block `CERTIFICATE REQUEST`.
  /// - Throws: what is wrong with it.
  public static func common(pem: String) throws -> String {
    let request = try CertificateSigningRequest(pemEncoded: pem)
    for attribute in request.subject.lazy.flatMap({ $0 }) where attribute.type == .RDNAttributeType.commonName {
      return String(attribute.value) ?? ""
    }
    return ""
  }
}
