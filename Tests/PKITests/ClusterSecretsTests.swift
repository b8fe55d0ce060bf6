import Testing

@testable import PKI

@Suite struct ClusterSecretsTests {
  @Test func secretsComeBackWholeByTheirToken() throws {
    let secrets = ClusterSecrets(
      authorities: [try Authority(commonName: "one"), try Authority(commonName: "two")],
      frontProxies: [try Authority(commonName: "proxy"), try Authority(commonName: "proxy-2")],
      accountKeys: [try .init(made: 5, pem: TokenSigningKey().verificationKey.pem), .init(made: 7)])
    let seal = try SecretSeal(secret: "a token that is shared")
    let sealed = try seal.seal(try secrets.bytes)
    #expect(!String(decoding: sealed, as: UTF8.self).contains("PRIVATE"))
    let again = try ClusterSecrets(try SecretSeal(secret: "a token that is shared", for: sealed).open(sealed))
    #expect(again.authorities.map(\.certificatePEM) == secrets.authorities.map(\.certificatePEM))
    #expect(again.authorities.map(\.keyPEM) == secrets.authorities.map(\.keyPEM))
    #expect(again.frontProxies.map(\.keyPEM) == secrets.frontProxies.map(\.keyPEM))
    #expect(again.accountKeys.map(\.made) == [5, 7])
    #expect(again.accountKeys.map(\.signing?.pem) == secrets.accountKeys.map(\.signing?.pem))
    #expect(again.accountKeys.map(\.verifying.id) == secrets.accountKeys.map(\.verifying.id))
    // Sealed twice, it is not the same bytes.
    #expect(try seal.seal(try secrets.bytes) != sealed)

    let stranger = try SecretSeal(secret: "a token that is another", for: sealed)
    #expect(throws: PKIError.self) { try stranger.open(sealed) }
    for place in stride(from: 0, to: sealed.count, by: 7) {
      var damaged = sealed
      damaged[place] ^= 1
      #expect(throws: PKIError.self) { try seal.open(damaged) }
    }
  }

  @Test(arguments: [
    "", "{}", "nonsense",
    #"{"kind":"apus/9","rounds":600000,"salt":"AAAAAAAAAAAAAAAAAAAAAA==","box":""}"#,
    #"{"kind":"apus/1 PBKDF2-HMAC-SHA-256 AES-256-GCM","rounds":1,"salt":"AAAAAAAAAAAAAAAAAAAAAA==","box":""}"#,
    #"{"kind":"apus/1 PBKDF2-HMAC-SHA-256 AES-256-GCM","rounds":99999999999,"salt":"AAAAAAAAAAAAAAAAAAAAAA==","box":""}"#,
    #"{"kind":"apus/1 PBKDF2-HMAC-SHA-256 AES-256-GCM","rounds":600000,"salt":"","box":""}"#,
  ])
  func whatWasNotSealedIsTold(_ text: String) {
    #expect(throws: PKIError.self) { try SecretSeal(secret: "a token that is shared", for: Array(text.utf8)) }
  }

  @Test(arguments: ["", "{}", #"{"authorities":[],"frontProxy":{"certificate":"","key":""},"serviceAccountKey":""}"#])
  func whatAreNoSecretsIsTold(_ text: String) {
    #expect(throws: PKIError.self) { try ClusterSecrets(Array(text.utf8)) }
  }

  /// What was kept when there was one front proxy's authority and one key is read still.
  @Test func secretsOfBefore() throws {
    let (authority, proxy, key) = (
      try Authority(commonName: "ca"), try Authority(commonName: "proxy"), TokenSigningKey()
    )
    func quoted(_ text: String) -> String { "\"\(text.replacing("\n", with: "\\n"))\"" }
    func pair(_ authority: Authority) -> String {
      "{\"certificate\":\(quoted(authority.certificatePEM)),\"key\":\(quoted(authority.keyPEM))}"
    }
    let text =
      "{\"authorities\":[\(pair(authority))],\"frontProxy\":\(pair(proxy)),\"serviceAccountKey\":\(quoted(key.pem))}"
    let secrets = try ClusterSecrets(Array(text.utf8))
    #expect(secrets.frontProxies.map(\.keyPEM) == [proxy.keyPEM])
    #expect(
      secrets.accountKeys.map(\.signing?.pem) == [key.pem] && secrets.accountKeys[0].made == 0)
  }

  /// Authorities that are kept elsewhere come and go, and nothing is written.
  @Test func aKeeperShowsWhatOthersKeep() throws {
    let time = FakeClock(1_000_000)
    let policy = AuthorityGenerations.Policy(lifetime: 1000, renewal: 300, overlap: 100)
    let first = try Authority(commonName: "ca", lifetime: 1000, clock: time.clock)
    let keeper = AuthorityKeeper(shared: [first], commonName: "ca", policy: policy, clock: time.clock)
    #expect(keeper.signer.certificatePEM == first.certificatePEM)
    #expect(try keeper.makeNext() == nil)
    time.now += 701
    let second = try #require(try keeper.makeNext())
    // Its keeper has not kept it yet.
    #expect(keeper.bundle == first.certificatePEM)
    try keeper.makeNextIfDue()
    #expect(keeper.authorities.count == 1)
    keeper.replace([first, second])
    #expect(keeper.bundle == first.certificatePEM + second.certificatePEM)
    #expect(try keeper.makeNext() == nil)
    time.now += 101
    #expect(keeper.signer.certificatePEM == second.certificatePEM)
  }
}
