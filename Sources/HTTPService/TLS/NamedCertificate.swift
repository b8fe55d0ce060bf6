import NIOSSL
import SwiftASN1
import X509

/// A certificate that is shown to those who ask for one of some names in their first message (server name indication, RFC 6066,
/// section 3), in the place of the one for everybody.
public struct NamedCertificate: Sendable {
  /// In small letters; one that begins with `*.` means every name with one label more.
  let names: Set<String>
  /// Whether the names were chosen, and not read in the certificate.
  let areChosen: Bool
  let chain: [NIOSSLCertificate]
  let key: NIOSSLPrivateKey

  /// - Parameters:
  ///   - certificateChain: PEM, the certificate first, then those that lead to its authority.
  ///   - privateKey: PEM; it must be the first certificate's.
  ///   - names: for which it is shown; none for those that the certificate is for.
  /// - Throws: `tls`.
  public init(certificateChain: String, privateKey: String, names: [String] = []) throws(HTTPServiceError) {
    (chain, key) = try ServerTLS.parse(certificateChain, privateKey)
    areChosen = !names.isEmpty
    do {
      // What does not fit together is noticed here, and not by the client who asks for it.
      _ = try NIOSSLContext(
        configuration: .makeServerConfiguration(
          certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key)))
      self.names = Set((names.isEmpty ? try Self.names(in: certificateChain) : names).map { $0.lowercased() })
    } catch {
      throw HTTPServiceError(.tls, "a certificate for a name and its private key do not fit together", cause: error)
    }
  }

  /// The names that a certificate is for: those of DNS, and the common name.
  private static func names(in pem: String) throws -> [String] {
    guard let document = try PEMDocument.parseMultiple(pemString: pem).first else { return [] }
    let certificate = try Certificate(pemDocument: document)
    var names: [String] = []
    for name in try certificate.extensions.subjectAlternativeNames ?? SubjectAlternativeNames() {
      if case .dnsName(let text) = name { names.append(text) }
    }
    return names + [ClientCertificate(certificate, der: document.derBytes).commonName ?? ""].filter { !$0.isEmpty }
  }

  /// The one that is shown to who asks for a name; nil for the one for everybody. A whole name comes before one with `*`,
  /// chosen names before those that were read, and what was named first before what came later.
  static func find(_ name: String, among certificates: [NamedCertificate]) -> NamedCertificate? {
    let name = name.lowercased()
    let wildcard = "*" + name.drop { $0 != "." }
    for wanted in [name, wildcard] {
      for areChosen in [true, false] {
        if let found = certificates.first(where: { $0.areChosen == areChosen && $0.names.contains(wanted) }) {
          return found
        }
      }
    }
    return nil
  }
}
