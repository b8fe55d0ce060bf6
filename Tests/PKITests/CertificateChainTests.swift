import Testing

@testable import PKI

@Suite struct CertificateChainTests {
  private let time = FakeClock(1_800_000_000)

  @Test func endsWithItsFirstCertificate() throws {
    let authority = try Authority(commonName: "a", clock: time.clock)
    let leaf = try authority.issueClientCertificate(commonName: "x", lifetime: 10 * day)
    #expect(try CertificateChain(pem: leaf.certificatePEM + authority.certificatePEM).notAfter == leaf.notAfter)
    #expect(try CertificateChain(pem: authority.certificatePEM).notAfter == authority.notAfter)
  }

  @Test(arguments: [
    ("", "must contain at least one CERTIFICATE PEM block"),
    ("nonsense", "must contain at least one CERTIFICATE PEM block"),
    (
      "-----BEGIN SECRET-----\nAAAA\n-----END SECRET-----\n",
      "only CERTIFICATE PEM blocks are allowed, found \"SECRET\""
    ),
    (
      "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
      "found a CERTIFICATE PEM block that is no certificate"
    ),
  ])
  func whatIsNone(_ pem: String, _ message: String) {
    do throws(PKIError) {
      _ = try CertificateChain(pem: pem)
      Issue.record("it was taken")
    } catch {
      #expect(error.code == .malformed && error.message == message)
    }
  }
}
