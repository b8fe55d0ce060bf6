import Synchronization
import Testing

@testable import PKI

@Suite struct TokenKeyKeeperTests {
  private let time = FakeClock(1_800_000_000)
  private let year = 365 * day

  private func keeper(_ shell: Shell) throws -> TokenKeyKeeper {
    try TokenKeyKeeper(directory: shell.directory, clock: time.clock)
  }

  private func tokens(_ keeper: TokenKeyKeeper) -> ServiceAccountTokens {
    ServiceAccountTokens(issuer: "https://cluster", clock: time.clock) { keeper.keys }
  }

  private func issue(_ tokens: ServiceAccountTokens, lifetime: Int64) throws -> String {
    try tokens.issue(
      namespace: "ci", serviceAccount: .init(name: "builder", uid: "u"), audiences: ["api"], lifetime: lifetime
    ).text
  }

  private func signers(_ tokens: ServiceAccountTokens) -> [String] { tokens.keySet.keys.map(\.id) }

  @Test func theNextKeyIsPublishedBeforeItSigns() async throws {
    try await Shell.with { shell in
      let keeper = try keeper(shell)
      let tokens = tokens(keeper)
      let first = keeper.keys.signer.verificationKey.id
      let old = try issue(tokens, lifetime: 2 * year)
      let legacy = try tokens.issue(
        LegacyServiceAccountToken(namespace: "ci", accountName: "builder", accountUID: "u", secretName: "s"))
      time.now += year - 1
      try keeper.advance()
      #expect(signers(tokens) == [first])

      time.now += 1
      try keeper.advance()
      let published = signers(tokens)
      #expect(published.count == 2 && published[0] == first)
      try keeper.advance()
      #expect(signers(tokens) == published, "one at a time")

      time.now += 7 * day - 1
      try keeper.advance()
      #expect(keeper.keys.signer.verificationKey.id == first)
      #expect(try shell.run("grep -c BEGIN.PRIVATE sa.key") == "1\n")
      time.now += 1
      try keeper.advance()
      #expect(signers(tokens) == published.reversed(), "the other one signs")
      // What was signed before is good for as long as it says, or for ever.
      _ = try tokens.verify(old, audiences: ["api"])
      time.now += year - 7 * day
      _ = try tokens.verify(old, audiences: ["api"])
      time.now += 120
      #expect(await failure { _ = try tokens.verify(old, audiences: ["api"]) } == .expired)
      _ = try tokens.verifyLegacy(legacy)
      // Nobody can sign with the first one any more.
      #expect(try shell.run("grep -c BEGIN.PRIVATE sa.key || true") == "0\n")
      #expect(try shell.run("stat -c '%n %a' *.key") == "sa-2.key 600\nsa.key 600\n")
    }
  }

  /// Keys that are kept elsewhere: nothing is written, and what their keeper has is what counts.
  @Test func keysThatOthersKeep() async throws {
    let first = TokenKeyGenerations.Generation(made: time.now)
    let keeper = try TokenKeyKeeper(shared: [first], clock: time.clock)
    let tokens = tokens(keeper)
    let old = try issue(tokens, lifetime: year)
    #expect(keeper.next() == nil)
    time.now += year - 10 * day
    #expect(keeper.next() == nil)
    time.now += 10 * day
    let two = try #require(keeper.next())
    #expect(
      two.count == 2 && signers(tokens) == [first.verifying.id], "their keeper has not kept it yet")
    try keeper.replace(two)
    #expect(signers(tokens) == two.map(\.verifying.id) && keeper.next() == nil)

    // Another one signs after a while, and the private half of the first is forgotten.
    time.now += 7 * day
    try keeper.replace(two)
    #expect(signers(tokens) == two.map(\.verifying.id).reversed())
    let retired = try #require(keeper.next())
    #expect(retired.map { $0.signing == nil } == [true, false])
    try keeper.replace(retired)
    #expect(keeper.next() == nil)
    time.now -= 8 * day
    _ = try tokens.verify(old, audiences: ["api"])

    // What cannot sign is refused, and all stays as it was.
    #expect(await failure { try keeper.replace([retired[0]]) } == .malformed)
    #expect(keeper.keys.signer.verificationKey.id == two[1].verifying.id)
  }

  @Test func aRestartFindsThemAll() async throws {
    try await Shell.with { shell in
      let keeper = try keeper(shell)
      for _ in 0..<5 {
        let before = keeper.keys.verifying.map(\.id)
        time.now += year
        try keeper.advance()
        time.now += 7 * day
        try keeper.advance()
        #expect(Set(before).isSubset(of: keeper.keys.verifying.map(\.id)))
        let again = try self.keeper(shell)
        #expect(again.keys.verifying.map(\.id) == keeper.keys.verifying.map(\.id))
      }
      #expect(keeper.keys.verifying.count == 6)
      #expect(try shell.run("cat *.key | grep -c BEGIN.PRIVATE") == "1\n")
    }
  }

  /// A host that was off for years, and one whose clock is set back.
  @Test(arguments: [20 * 365 * 86_400, -20 * 365 * 86_400] as [Int64])
  func somebodySignsWhateverTheClockSays(jump: Int64) async throws {
    try await Shell.with { shell in
      let keeper = try keeper(shell)
      time.now += year + 30 * day
      try keeper.advance()
      time.now += 7 * day
      try keeper.advance()
      let known = Set(keeper.keys.verifying.map(\.id))
      time.now += jump
      try keeper.advance()
      #expect(known.contains(keeper.keys.signer.verificationKey.id), "who signs is known to others")
      #expect(known.isSubset(of: keeper.keys.verifying.map(\.id)))
      let tokens = tokens(try self.keeper(shell))
      _ = try tokens.verify(try issue(tokens, lifetime: 3600), audiences: ["api"])
    }
  }

  @Test func aKeyOfUnknownAgeIsFollowedByAnother() async throws {
    try await Shell.with { shell in
      let key = TokenSigningKey()
      try shell.write("sa.key", key.pem)
      let keeper = try keeper(shell)
      #expect(keeper.keys.verifying.count == 2 && keeper.keys.verifying[0].id == key.verificationKey.id)
      #expect(try shell.run("head -1 sa-2.key") == "Created: 1800000000\n")
      if Shell.hasOpenSSL { try shell.run("openssl pkey -in sa-2.key -noout") }
    }
  }

  @Test func aFileThatIsNoKeyIsNamed() async throws {
    try await Shell.with { shell in
      for text in ["Created: yesterday\n" + TokenSigningKey().pem, "Created: 5\nhello", ""] {
        try shell.write("sa.key", text)
        let error = #expect(throws: PKIError.self) { _ = try keeper(shell) }
        #expect(error?.code == .malformed && error?.message.contains("sa.key") == true)
      }
      // A key that signs no more, and none that does.
      try shell.write("sa.key", "Created: 1799999999\n" + TokenSigningKey().verificationKey.pem)
      #expect(try keeper(shell).keys.verifying.count == 2)
    }
  }

  @Test func itGoesOnAfterAFailure() async throws {
    try await Shell.with { shell in
      let keeper = try keeper(shell)
      let steps = Mutex<[Int64]>([400 * day, 1, 8 * day, 1])
      let failures = Mutex(0)
      struct Broken: Error {}
      await #expect(throws: CancellationError.self) {
        try await keeper.run { [time] _ in
          guard let step = steps.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) else { throw CancellationError() }
          time.now += step
        } blocking: { work in
          guard steps.withLock({ $0.count }) % 2 == 0 else { throw Broken() }
          try work()
        } failed: { _ in
          failures.withLock { $0 += 1 }
        }
      }
      #expect(failures.withLock { $0 } == 2)
      #expect(keeper.keys.verifying.count == 2)
      #expect(try shell.run("grep -c BEGIN.PRIVATE sa.key || true") == "0\n")
    }
  }
}
