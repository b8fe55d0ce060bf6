import FoundationEssentials
import Synchronization
import Testing

@testable import PKI

@Suite struct AuthorityKeeperTests {
  private let time = FakeClock(1_800_000_000)
  private let year = 365 * day

  private func directory() throws -> String {
    let path = FileManager.default.temporaryDirectory.path + "/authority-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
  }

  private func keeper(_ directory: String) throws -> AuthorityKeeper {
    try AuthorityKeeper(directory: directory, commonName: "test-ca", clock: time.clock)
  }

  @Test func theOldIsTrustedWhileTheNewSigns() async throws {
    let directory = try directory()
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let keeper = try keeper(directory)
    let first = keeper.signer
    #expect(keeper.bundle == first.certificatePEM)
    let old = try first.issueClientCertificate(commonName: "old", lifetime: year)

    // Nothing happens for years.
    time.now += 6 * year
    try keeper.makeNextIfDue()
    #expect(keeper.bundle == first.certificatePEM)

    // Three years before its end there is a second one, which everybody trusts and which does not sign yet.
    time.now += year + day
    try keeper.makeNextIfDue()
    #expect(keeper.signer.certificatePEM == first.certificatePEM)
    #expect(keeper.bundle.hasPrefix(first.certificatePEM) && keeper.bundle != first.certificatePEM)
    let early = keeper.bundle
    try keeper.makeNextIfDue()
    #expect(keeper.bundle == early, "one at a time")
    let last = try first.issueClientCertificate(commonName: "last", lifetime: year)

    // A year later it signs. What the first one has signed is good for as long as it says.
    time.now += year - day
    #expect(keeper.signer.certificatePEM == first.certificatePEM)
    time.now += day
    let second = keeper.signer
    #expect(second.certificatePEM != first.certificatePEM)
    let new = try second.issueClientCertificate(commonName: "new", lifetime: year)
    let trust = try TrustBundle(pem: keeper.bundle, clock: time.clock)
    #expect(try await trust.verify(new.certificatePEM, for: .client).commonName == "new")
    #expect(await failure { _ = try await trust.verify(old.certificatePEM, for: .client) } == .expired)
    // Whoever heard of the second one while the first one signed trusts it.
    let heard = try TrustBundle(pem: early, clock: time.clock)
    #expect(try await heard.verify(new.certificatePEM, for: .client).commonName == "new")
    time.now -= Authority.backdate + 10
    #expect(try await trust.verify(last.certificatePEM, for: .client).commonName == "last")
    time.now += Authority.backdate + 10

    // The first one ends, and is forgotten.
    time.now += 2 * year
    #expect(keeper.bundle == second.certificatePEM)
  }

  @Test func aRestartFindsThemAll() throws {
    let directory = try directory()
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let first = try keeper(directory)
    time.now += 7 * year
    try first.makeNextIfDue()
    time.now += year
    let again = try keeper(directory)
    #expect(again.bundle == first.bundle && again.signer.certificatePEM == first.signer.certificatePEM)

    // A crash between a certificate and its key leaves an authority that is not there.
    time.now += 7 * year
    try again.makeNextIfDue()
    try FileManager.default.removeItem(atPath: directory + "/ca-3.key")
    let crashed = try keeper(directory)
    let second = crashed.signer
    try crashed.makeNextIfDue()
    #expect(crashed.signer.certificatePEM == second.certificatePEM)
    #expect(try keeper(directory).bundle == crashed.bundle)
  }

  @Test func afterALongSleepTheNewOneSignsAtOnce() throws {
    let directory = try directory()
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let keeper = try keeper(directory)
    let first = keeper.signer
    time.now += 11 * year
    try keeper.makeNextIfDue()
    #expect(keeper.signer.certificatePEM != first.certificatePEM)
    #expect(keeper.bundle == keeper.signer.certificatePEM)
    #expect(throws: Never.self) { try keeper.signer.issueClientCertificate(commonName: "a", lifetime: day) }
  }

  @Test func itTellsWhoIsTrustedOnceAChange() async throws {
    let directory = try directory()
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let keeper = try keeper(directory)
    let told = Mutex<[String]>([])
    let steps = Mutex<[Int64]>([6 * year, year + day, day, year, 2 * year])
    let failures = Mutex(0)
    struct Broken: Error {}
    let isBroken = Mutex(true)
    await #expect(throws: CancellationError.self) {
      try await keeper.run { [time] _ in
        let step = steps.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        guard let step else { throw CancellationError() }
        time.now += step
      } blocking: {
        try $0()
      } changed: { bundle in
        // The first time it does not work, and is done again.
        if isBroken.withLock({
          let was = $0; $0 = false; return was
        }) {
          throw Broken()
        }
        told.withLock { $0.append(bundle) }
      } failed: { _ in
        failures.withLock { $0 += 1 }
      }
    }
    let bundles = told.withLock { $0 }
    #expect(failures.withLock { $0 } == 1)
    #expect(bundles.count == 3, "a second one, it signs, the first one ends")
    #expect(bundles.last == keeper.bundle)
  }
}
