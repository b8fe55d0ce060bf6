import FoundationEssentials
import SwiftASN1
@_spi(FixedExpiryValidationTime) import X509

/// The authorities whose certificates a listener accepts from clients.
struct ClientAuthorities: Sendable {
  /// More certificates than this in a client's chain are not looked at.
  private static let longestChain = 8

  private let roots: CertificateStore

  /// - Parameter pem: one certificate or more.
  /// - Throws: `tls` where there is none or one cannot be read.
  init(pem: String) throws(HTTPServiceError) {
    let certificates: [Certificate]
    do {
      certificates = try PEMDocument.parseMultiple(pemString: pem).map { try Certificate(pemDocument: $0) }
    } catch {
      throw HTTPServiceError(.tls, "the authorities for clients' certificates cannot be read", cause: error)
    }
    guard !certificates.isEmpty else {
      throw HTTPServiceError(.tls, "there is no certificate among the authorities for clients' certificates")
    }
    roots = CertificateStore(certificates)
  }

  /// Whether an authority vouches for a chain, leaf first, as it came from the client.
  /// - Parameter seconds: the time that the certificates must be valid at, since 1970.
  func verify(_ chain: [[UInt8]], at seconds: Int64) async -> TLSInfo.Client {
    guard let der = chain.first else { return .anonymous }
    guard chain.count <= Self.longestChain else { return .refused("the chain has \(chain.count) certificates") }
    let leaf: Certificate
    let intermediates: [Certificate]
    do {
      leaf = try Certificate(derEncoded: der)
      intermediates = try chain.dropFirst().map { try Certificate(derEncoded: $0) }
    } catch {
      return .refused("the certificate cannot be read: \(error)")
    }
    let certificate = ClientCertificate(leaf, der: der)
    guard seconds <= certificate.notAfter else { return .refused("the certificate has expired") }
    guard seconds >= certificate.notBefore else { return .refused("the certificate is not valid yet") }
    var verifier = Verifier(rootCertificates: roots) {
      RFC5280Policy(fixedExpiryValidationTime: Date(timeIntervalSince1970: Double(seconds)))
      ClientAuthenticationPolicy()
    }
    switch await verifier.validate(leaf: leaf, intermediates: CertificateStore(intermediates)) {
    case .validCertificate: return .verified(certificate)
    case .couldNotValidate(let failures):
      if failures.isEmpty { return .refused("signed by an unknown authority") }
      // The library's own reasons print whole certificates.
      let usage = failures.contains { "\($0.policyFailureReason)" == ClientAuthenticationPolicy.reason }
      return .refused(
        usage ? ClientAuthenticationPolicy.reason : "an authority in its chain has expired or may not sign it")
    }
  }
}

/// The leaf may be used to identify a client: its extended key usage says so, or there is none (RFC 5280, 4.2.1.12).
private struct ClientAuthenticationPolicy: VerifierPolicy {
  let verifyingCriticalExtensions: [ASN1ObjectIdentifier] = [
    .X509ExtensionID.extendedKeyUsage, .X509ExtensionID.subjectAlternativeName,
  ]

  static let reason = "the certificate is not meant for clients (extended key usage)"

  func chainMeetsPolicyRequirements(chain: UnverifiedCertificateChain) -> PolicyEvaluationResult {
    let usages: ExtendedKeyUsage?
    do { usages = try chain.leaf.extensions.extendedKeyUsage } catch {
      return .failsToMeetPolicy(reason: "the extended key usage cannot be read")
    }
    guard let usages, !usages.contains(.clientAuth), !usages.contains(.any) else { return .meetsPolicy }
    return .failsToMeetPolicy(reason: Self.reason)
  }
}

extension ClientCertificate {
  init(_ certificate: Certificate, der: [UInt8]) {
    self.init(
      subject: certificate.subject.flatMap { name in
        name.map { Attribute(type: "\($0.type)", value: String($0.value) ?? "\($0.value)") }
      },
      serialNumber: Array(certificate.serialNumber.bytes),
      notBefore: Int64(certificate.notValidBefore.timeIntervalSince1970),
      notAfter: Int64(certificate.notValidAfter.timeIntervalSince1970), der: der)
  }
}
