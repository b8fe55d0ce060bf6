import FoundationEssentials
import SwiftASN1
@_spi(FixedExpiryValidationTime) import X509

/// Authorities that are trusted, and what they vouch for.
public struct TrustBundle: Sendable {
  /// What a certificate must be good for.
  public enum Purpose: Sendable, Equatable {
    /// Any client.
    case client
    /// The server of this name or address.
    case server(String)
  }

  /// Who a verified certificate names.
  public struct Identity: Sendable, Equatable {
    public let commonName: String
    public let organizations: [String]
    /// The last second at which the certificate is valid, since 1970.
    public let notAfter: Int64
  }

  /// More certificates than this in a chain are not looked at.
  private static let longestChain = 8

  private let roots: CertificateStore
  private let clock: WallClock

  /// - Parameter pem: one certificate or more.
  /// - Throws: `malformed` where there is none or one cannot be read.
  public init(pem: String, clock: WallClock = .system) throws(PKIError) {
    let certificates = try Self.certificates(pem)
    roots = CertificateStore(certificates)
    self.clock = clock
  }

  /// Verifies a chain: signatures up to an authority of the bundle, validity at the clock's time, constraints, purpose
  /// and, for a server, its name.
  /// - Parameter chain: PEM, the certificate itself first.
  /// - Throws: `malformed`, `expired`, `notYetValid`, `usage`, `subject`, `unknownAuthority`.
  public func verify(_ chain: String, for purpose: Purpose) async throws(PKIError) -> Identity {
    let certificates = try Self.certificates(chain)
    guard certificates.count <= Self.longestChain else {
      throw PKIError(.malformed, "the chain has more than \(Self.longestChain) certificates")
    }
    let leaf = certificates[0]
    let now = clock.now
    guard now <= leaf.notValidAfter.seconds else { throw PKIError(.expired, "the certificate has expired") }
    guard now >= leaf.notValidBefore.seconds else {
      throw PKIError(.notYetValid, "the certificate is not valid yet")
    }
    try checkUsage(leaf, purpose)
    let result = await validate(leaf, CertificateStore(certificates.dropFirst()), purpose, now)
    guard case .couldNotValidate(let failures) = result else { return Identity(leaf) }
    guard failures.isEmpty else {
      let reasons = failures.map { "\($0.policyFailureReason)" }
      if reasons.contains(ServerName.reason), case .server(let name) = purpose {
        throw PKIError(.subject, "the certificate is not for \(name)")
      }
      throw PKIError(.unknownAuthority, "an authority in the certificate's chain has expired or may not sign it")
    }
    throw PKIError(.unknownAuthority, "the certificate is signed by an unknown authority")
  }

  private func validate(
    _ leaf: Certificate, _ intermediates: CertificateStore, _ purpose: Purpose, _ now: Int64
  ) async -> CertificateValidationResult {
    let time = Date(seconds: now)
    switch purpose {
    case .client:
      var verifier = Verifier(rootCertificates: roots) {
        RFC5280Policy(fixedExpiryValidationTime: time)
        KnownExtensions()
      }
      return await verifier.validate(leaf: leaf, intermediates: intermediates)
    case .server(let name):
      var verifier = Verifier(rootCertificates: roots) {
        RFC5280Policy(fixedExpiryValidationTime: time)
        ServerName(name)
        KnownExtensions()
      }
      return await verifier.validate(leaf: leaf, intermediates: intermediates)
    }
  }

  private func checkUsage(_ leaf: Certificate, _ purpose: Purpose) throws(PKIError) {
    let usages: ExtendedKeyUsage?
    do { usages = try leaf.extensions.extendedKeyUsage } catch {
      throw PKIError(.malformed, "the extended key usage of the certificate cannot be read", cause: error)
    }
    let wanted: ExtendedKeyUsage.Usage = purpose == .client ? .clientAuth : .serverAuth
    guard let usages, !usages.contains(wanted), !usages.contains(.any) else { return }
    throw PKIError(.usage, "the certificate is not meant for a \(purpose == .client ? "client" : "server")")
  }

  private static func certificates(_ pem: String) throws(PKIError) -> [Certificate] {
    let certificates: [Certificate]
    do {
      certificates = try PEMDocument.parseMultiple(pemString: pem).map { try Certificate(pemDocument: $0) }
    } catch {
      throw PKIError(.malformed, "a certificate cannot be read", cause: error)
    }
    guard !certificates.isEmpty else { throw PKIError(.malformed, "there is no certificate") }
    return certificates
  }
}

/// Extensions that are looked at before the chain is built, so that a certificate may mark them critical.
private struct KnownExtensions: VerifierPolicy {
  let verifyingCriticalExtensions: [ASN1ObjectIdentifier] = [
    .X509ExtensionID.extendedKeyUsage, .X509ExtensionID.subjectAlternativeName,
  ]

  func chainMeetsPolicyRequirements(chain: UnverifiedCertificateChain) -> PolicyEvaluationResult { .meetsPolicy }
}

/// The leaf has an alternative name that is the server's. The common name does not count (RFC 9525, section 2).
private struct ServerName: VerifierPolicy {
  static let reason = "no alternative name is the server's"

  let verifyingCriticalExtensions: [ASN1ObjectIdentifier] = [.X509ExtensionID.subjectAlternativeName]
  private let isAddress: Bool
  private var matching: ServerIdentityPolicy

  init(_ name: String) {
    isAddress = IPAddressBytes.parse(name) != nil
    matching = ServerIdentityPolicy(serverHostname: isAddress ? nil : name, serverIP: isAddress ? name : nil)
  }

  mutating func chainMeetsPolicyRequirements(chain: UnverifiedCertificateChain) -> PolicyEvaluationResult {
    do {
      // Without a name of the kind that is looked for, the library would go on to the common name.
      let names = try chain.leaf.extensions.subjectAlternativeNames ?? SubjectAlternativeNames()
      let comparable = names.contains { name in
        switch name {
        case .dnsName: !isAddress
        case .ipAddress: isAddress
        default: false
        }
      }
      guard comparable else { return .failsToMeetPolicy(reason: Self.reason) }
    } catch {
      return .failsToMeetPolicy(reason: Self.reason)
    }
    if case .meetsPolicy = matching.chainMeetsPolicyRequirements(chain: chain) { return .meetsPolicy }
    return .failsToMeetPolicy(reason: Self.reason)
  }
}

extension TrustBundle.Identity {
  init(_ certificate: Certificate) {
    var names: (common: String, organizations: [String]) = ("", [])
    for attribute in certificate.subject.lazy.flatMap({ $0 }) {
      let value = String(attribute.value) ?? "\(attribute.value)"
      if attribute.type == .RDNAttributeType.commonName { names.common = value }
      if attribute.type == .RDNAttributeType.organizationName { names.organizations.append(value) }
    }
    self.init(
      commonName: names.common, organizations: names.organizations, notAfter: certificate.notValidAfter.seconds)
  }
}
