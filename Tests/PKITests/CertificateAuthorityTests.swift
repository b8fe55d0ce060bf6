import Testing

@testable import PKI

@Suite struct CertificateAuthorityTests {
  private static let now: Int64 = 1_800_000_000
  private static let year: Int64 = 365 * 86_400

  @Test func keepsWhatItIs() throws {
    let authority = try CertificateAuthority(commonName: "test", now: Self.now, lifetime: Self.year)
    let again = try CertificateAuthority(
      certificatePEM: authority.certificatePEM, privateKeyPEM: authority.privateKeyPEM)
    #expect(again.notAfter == authority.notAfter && again.notAfter == Self.now + Self.year)
  }

  @Test func partsMustBelongTogether() throws {
    let one = try CertificateAuthority(commonName: "one", now: Self.now, lifetime: Self.year)
    let other = try CertificateAuthority(commonName: "other", now: Self.now, lifetime: Self.year)
    let error = #expect(throws: PKIError.self) {
      try CertificateAuthority(certificatePEM: one.certificatePEM, privateKeyPEM: other.privateKeyPEM)
    }
    #expect(error?.code == .unreadable)
    #expect(throws: PKIError.self) { try CertificateAuthority(certificatePEM: "no", privateKeyPEM: "no") }
  }

  /// What is issued never lasts longer than its authority.
  @Test func lifetimes() throws {
    let authority = try CertificateAuthority(commonName: "test", now: Self.now, lifetime: Self.year)
    let issued = try authority.issue(
      commonName: "c", organizations: ["a", "b"], for: .client, now: Self.now, lifetime: 10 * Self.year)
    #expect(issued.notAfter == authority.notAfter)
    #expect(issued.certificatePEM.contains("BEGIN CERTIFICATE") && issued.privateKeyPEM.contains("PRIVATE KEY"))
  }
}
