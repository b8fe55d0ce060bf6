import Testing

@testable import PKI

@Suite struct ClusterSecretsTests {
  @Test func secretsComeBackWholeByTheirToken() throws {
    let secrets = ClusterSecrets(
      authorities: [try Authority(commonName: "one"), try Authority(commonName: "two")],
      frontProxy: try Authority(commonName: "proxy"), accountKey: TokenSigningKey())
    let seal = try SecretSeal(secret: "a token that is shared")
    let sealed = try seal.seal(try secrets.bytes)
    #expect(!String(decoding: sealed, as: UTF8.self).contains("PRIVATE"))
    let again = try ClusterSecrets(try SecretSeal(secret: "a token that is shared", for: sealed).open(sealed))
    #expect(again.authorities.map(\.certificatePEM) == secrets.authorities.map(\.certificatePEM))
    #expect(again.authorities.map(\.keyPEM) == secrets.authorities.map(\.keyPEM))
    #expect(again.frontProxy.keyPEM == secrets.frontProxy.keyPEM && again.accountKey.pem == secrets.accountKey.pem)
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
