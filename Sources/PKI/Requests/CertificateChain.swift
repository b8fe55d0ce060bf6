import SwiftASN1
import X509

/// Certificates as a signer hands them back: one or more blocks of PEM, the certificate that was asked for first.
public struct CertificateChain: Sendable {
  /// The last second at which the first one is valid, since 1970.
  public let notAfter: Int64

  /// - Throws: `malformed`, in Kubernetes' words.
  public init(pem: String) throws(PKIError) {
    let documents: [PEMDocument]
    do { documents = try PEMDocument.parseMultiple(pemString: pem) } catch {
      throw PKIError(.malformed, "must contain at least one CERTIFICATE PEM block", cause: error)
    }
    guard !documents.isEmpty else {
      throw PKIError(.malformed, "must contain at least one CERTIFICATE PEM block")
    }
    var certificates: [Certificate] = []
    for document in documents {
      guard document.discriminator == Certificate.defaultPEMDiscriminator else {
        throw PKIError(
          .malformed, "only CERTIFICATE PEM blocks are allowed, found \"\(document.discriminator)\"")
      }
      do { certificates.append(try Certificate(derEncoded: document.derBytes)) } catch {
        throw PKIError(.malformed, "found a CERTIFICATE PEM block that is no certificate", cause: error)
      }
    }
    notAfter = certificates[0].notValidAfter.seconds
  }
}
