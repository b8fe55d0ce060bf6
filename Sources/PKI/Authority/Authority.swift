import Crypto
import FoundationEssentials
import SwiftASN1
import X509

/// A certificate authority: its certificate and the key that signs with it.
///
/// New ones have an ECDSA key on P-256; one that is loaded may have any kind of key that X.509 knows here (ECDSA, RSA,
/// Ed25519), so that an authority made elsewhere can be kept.
public struct Authority: Sendable {
  /// How much earlier than now a certificate becomes valid, in seconds: clocks of other hosts may be behind.
  public static let backdate: Int64 = 300
  /// Certificates that last less than this many seconds are not made shorter by being backdated.
  private static let short: Int64 = 8 * 3600

  public let certificatePEM: String
  /// PKCS #8 or the form it was read in.
  public let keyPEM: String
  private let certificate: Certificate
  private let key: Certificate.PrivateKey
  private let clock: WallClock

  // MARK: Making and keeping

  /// A new authority that has signed itself.
  /// - Parameters:
  ///   - commonName: its name, such as `kubernetes`.
  ///   - lifetime: in seconds; ten years by default.
  public init(commonName: String, lifetime: Int64 = 10 * 365 * 86_400, clock: WallClock = .system) throws(PKIError) {
    let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
    let now = clock.now
    do {
      let name = try DistinguishedName { CommonName(commonName) }
      certificate = try Certificate(
        version: .v3, serialNumber: .init(), publicKey: key.publicKey,
        notValidBefore: Date(seconds: now - Self.backdate), notValidAfter: Date(seconds: now + lifetime), issuer: name,
        subject: name, signatureAlgorithm: .ecdsaWithSHA256,
        extensions: Certificate.Extensions {
          Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
          Critical(KeyUsage(digitalSignature: true, keyEncipherment: true, keyCertSign: true))
          SubjectKeyIdentifier(hash: key.publicKey)
        }, issuerPrivateKey: key)
    } catch {
      throw PKIError(.malformed, "the authority \(commonName) cannot be made", cause: error)
    }
    self.key = key
    self.clock = clock
    certificatePEM = try certificate.pem
    keyPEM = try key.pem
  }

  /// An authority whose certificate and key are there already.
  /// - Throws: `malformed`, or `mismatch` where they do not belong together or the certificate is no authority's.
  public init(certificatePEM: String, keyPEM: String, clock: WallClock = .system) throws(PKIError) {
    do {
      certificate = try Certificate(pemEncoded: certificatePEM)
      key = try Certificate.PrivateKey(pemEncoded: keyPEM)
    } catch {
      throw PKIError(.malformed, "the authority's certificate or key cannot be read", cause: error)
    }
    self.clock = clock
    self.certificatePEM = certificatePEM
    self.keyPEM = keyPEM
    guard certificate.publicKey == key.publicKey else {
      throw PKIError(.mismatch, "the authority's key is not that of its certificate")
    }
    var isAuthority = false
    do {
      if case .isCertificateAuthority = try certificate.extensions.basicConstraints { isAuthority = true }
    } catch {
      throw PKIError(.malformed, "the basic constraints of the authority's certificate cannot be read", cause: error)
    }
    guard isAuthority else { throw PKIError(.mismatch, "the certificate is not that of an authority") }
  }

  /// Reads an authority from two files; nil where neither is there.
  /// - Throws: `file` where only one is there or one cannot be read; what `init` throws.
  public init?(certificatePath: String, keyPath: String, clock: WallClock = .system) throws(PKIError) {
    switch (try PrivateFile.read(certificatePath), try PrivateFile.read(keyPath)) {
    case (nil, nil): return nil
    case (let certificate?, let key?): try self.init(certificatePEM: certificate, keyPEM: key, clock: clock)
    case (nil, _): throw PKIError(.file, "there is \(keyPath) but no \(certificatePath)")
    case (_, nil): throw PKIError(.file, "there is \(certificatePath) but no \(keyPath)")
    }
  }

  /// Writes both files, each whole or not at all, the key first and for its owner only. Blocks until they are on disk.
  public func save(certificatePath: String, keyPath: String) throws(PKIError) {
    try PrivateFile.write(keyPEM, to: keyPath, mode: 0o600)
    try PrivateFile.write(certificatePEM, to: certificatePath, mode: 0o644)
  }

  /// The first second at which its certificate is valid, since 1970; it was made `backdate` seconds later.
  public var notBefore: Int64 { certificate.notValidBefore.seconds }

  /// The last second at which its certificate is valid, since 1970. What it issues ends no later.
  public var notAfter: Int64 { certificate.notValidAfter.seconds }

  // MARK: Issuing

  /// Issues a certificate with a new key for a server.
  /// - Parameters:
  ///   - names: DNS names; a wildcard may stand for the first label.
  ///   - addresses: IPv4 and IPv6 addresses as they are written.
  ///   - lifetime: in seconds; it ends no later than the authority's.
  /// - Throws: `subject` where an address is none, or there is neither a name nor an address.
  public func issueServerCertificate(
    commonName: String, names: [String], addresses: [String], organizations: [String] = [], lifetime: Int64
  ) throws(PKIError) -> IssuedCertificate {
    guard !names.isEmpty || !addresses.isEmpty else {
      throw PKIError(.subject, "the certificate of a server needs a name or an address")
    }
    return try issue(
      CertificateProfile(
        commonName: commonName, organizations: organizations, names: names, addresses: addresses,
        usages: [.digitalSignature, .keyEncipherment, .serverAuth]), lifetime: lifetime)
  }

  /// Issues a certificate with a new key for a client: its common name is the user, its organisations are the groups.
  public func issueClientCertificate(
    commonName: String, organizations: [String] = [], lifetime: Int64
  ) throws(PKIError) -> IssuedCertificate {
    try issue(
      CertificateProfile(
        commonName: commonName, organizations: organizations,
        usages: [.digitalSignature, .keyEncipherment, .clientAuth]), lifetime: lifetime)
  }

  /// Issues a certificate with a new key (ECDSA, P-256).
  public func issue(_ profile: CertificateProfile, lifetime: Int64) throws(PKIError) -> IssuedCertificate {
    let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
    let certificate = try sign(
      key.publicKey, subject: profile.subject, alternativeNames: try profile.alternativeNames,
      usages: profile.usages, lifetime: lifetime)
    return IssuedCertificate(
      certificatePEM: try certificate.pem, keyPEM: try key.pem, notBefore: certificate.notValidBefore.seconds,
      notAfter: certificate.notValidAfter.seconds)
  }

  /// Signs a public key.
  func sign(
    _ publicKey: Certificate.PublicKey, subject: DistinguishedName, alternativeNames: SubjectAlternativeNames,
    usages: [CertificateUsage], lifetime: Int64
  ) throws(PKIError) -> Certificate {
    let now = clock.now
    guard now < notAfter else {
      throw PKIError(.expired, "the authority \(certificate.subject) has expired and can sign nothing more")
    }
    let start = now - Self.backdate
    let end = min(notAfter, lifetime < Self.short ? now + lifetime : start + lifetime)
    do {
      return try Certificate(
        version: .v3, serialNumber: .init(), publicKey: publicKey, notValidBefore: Date(seconds: start),
        notValidAfter: Date(seconds: end), issuer: certificate.subject, subject: subject,
        extensions: try extensions(alternativeNames, usages, subjectIsEmpty: subject.isEmpty), issuerPrivateKey: key)
    } catch {
      throw PKIError(.malformed, "the certificate of \(subject) cannot be made", cause: error)
    }
  }

  private func extensions(
    _ alternativeNames: SubjectAlternativeNames, _ usages: [CertificateUsage], subjectIsEmpty: Bool
  ) throws -> Certificate.Extensions {
    let keyUsage = CertificateUsage.keyUsage(of: usages)
    let extended = try CertificateUsage.extendedKeyUsage(of: usages)
    let authority = try certificate.extensions.subjectKeyIdentifier?.keyIdentifier
    return try Certificate.Extensions {
      Critical(BasicConstraints.notCertificateAuthority)
      if keyUsage != KeyUsage() { Critical(keyUsage) }
      if !extended.isEmpty { extended }
      if let authority { AuthorityKeyIdentifier(keyIdentifier: authority) }
      if !alternativeNames.isEmpty {
        // Critical where it is all that names the subject (RFC 5280, 4.2.1.6).
        if subjectIsEmpty { Critical(alternativeNames) } else { alternativeNames }
      }
    }
  }
}

extension Certificate {
  var pem: String {
    get throws(PKIError) {
      do { return try serializeAsPEM().pemString + "\n" } catch {
        throw PKIError(.malformed, "the certificate cannot be written as PEM", cause: error)
      }
    }
  }
}

extension Certificate.PrivateKey {
  var pem: String {
    get throws(PKIError) {
      do { return try serializeAsPEM().pemString + "\n" } catch {
        throw PKIError(.unsupported, "the private key cannot be written as PEM", cause: error)
      }
    }
  }
}
