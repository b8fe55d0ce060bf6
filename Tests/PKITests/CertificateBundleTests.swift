import Testing

@testable import PKI

@Suite struct CertificateBundleTests {
  private let time = FakeClock(1_800_000_000)

  private func authority(_ name: String, days: Int64 = 100) throws -> String {
    try Authority(commonName: name, lifetime: days * day, clock: time.clock).certificatePEM
  }

  private func union(_ own: String, _ present: String) throws -> String {
    try CertificateBundle.union(own, present, clock: time.clock)
  }

  @Test func serversDoNotFight() throws {
    let (one, other) = (try authority("one"), try authority("other"))
    let both = try union(other, one)
    #expect(both == other + one)
    // Whoever looks next finds its own there and changes nothing.
    #expect(try union(one, both) == both)
    #expect(try union(other, both) == both)
    #expect(try union(one, "") == one)
    #expect(try union(one + other, one) == one + other)
  }

  @Test func whatHasEndedGoes() throws {
    let (short, long) = (try authority("short", days: 1), try authority("long"))
    let own = try authority("own")
    time.now += 2 * day
    #expect(try union(own, own + short + long) == own + long)
    #expect(try union(own, own + long) == own + long)
  }

  @Test func whatIsNoneGoes() async throws {
    let own = try authority("own")
    for present in ["nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
      #expect(try union(own, present) == own)
    }
    let bad = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    #expect(await failure { _ = try union(bad, own) } == .malformed)
  }
}
