import Synchronization
import Testing

@testable import PKI

@Suite struct CertificateRenewerTests {
  @Test func isDueLongBeforeTheEnd() throws {
    let certificate = IssuedCertificate(certificatePEM: "", keyPEM: "", notBefore: 1000, notAfter: 11_000)
    let schedule = RenewalSchedule(share: 0.7, longestWait: 3600)
    #expect(schedule.wait(certificate, now: 1000) == 3600)
    #expect(schedule.wait(certificate, now: 7000) == 1000)
    #expect(schedule.wait(certificate, now: 8000) == 0)
    #expect(schedule.wait(certificate, now: 50_000) == 0)
    // The clock was set back: nobody would accept it now.
    #expect(schedule.wait(certificate, now: 999) == 0)
  }

  private struct Broken: Error {}

  @Test func renewsDeliversAndTriesAgain() async throws {
    let time = FakeClock(1_800_000_000)
    let authority = try Authority(commonName: "a", clock: time.clock)
    let delivered = Mutex<[IssuedCertificate]>([])
    let broken = Mutex((issue: false, deliver: false))
    let failures = Mutex(0)
    let first = try authority.issueClientCertificate(commonName: "x", lifetime: 10 * day)
    let renewer = CertificateRenewer(current: first, clock: time.clock) {
      if broken.withLock({ $0.issue }) { throw Broken() }
      return try authority.issueClientCertificate(commonName: "x", lifetime: 10 * day)
    } deliver: { certificate in
      if broken.withLock({ $0.deliver }) { throw Broken() }
      delivered.withLock { $0.append(certificate) }
    } failed: { _ in
      failures.withLock { $0 += 1 }
    }
    #expect(try await renewer.step() == 3600)
    #expect(delivered.withLock { $0.isEmpty })
    time.now += 7 * day
    broken.withLock { $0.issue = true }
    #expect(try await renewer.step() == 10)
    #expect(try await renewer.step() == 20)
    broken.withLock { $0 = (false, true) }
    #expect(try await renewer.step() == 40)
    for _ in 0..<20 { _ = try await renewer.step() }
    #expect(try await renewer.step() == 600)
    #expect(await renewer.current == first && failures.withLock { $0 } == 24)
    broken.withLock { $0.deliver = false }
    #expect(try await renewer.step() == 3600)
    let second = await renewer.current
    #expect(delivered.withLock { $0 } == [second] && second.notAfter == time.now - 300 + 10 * day)
    // Forward past its end, and back before its beginning.
    time.now += 400 * day
    _ = try await renewer.step()
    #expect(await renewer.current.notAfter > time.now)
    time.now -= 410 * day
    _ = try await renewer.step()
    #expect(await renewer.current.notBefore <= time.now)
    #expect(delivered.withLock { $0.count } == 3)
  }

  @Test func doesNotSpinWhenTheAuthorityIsAboutToEnd() async throws {
    let time = FakeClock(1_800_000_000)
    let authority = try Authority(commonName: "a", lifetime: 1000, clock: time.clock)
    let first = try authority.issueClientCertificate(commonName: "x", lifetime: 10 * day)
    let renewer = CertificateRenewer(current: first, clock: time.clock) {
      try authority.issueClientCertificate(commonName: "x", lifetime: 10 * day)
    } deliver: { _ in
    }
    time.now += 990
    #expect(try await renewer.step() == 10)
    time.now += 20
    #expect(try await renewer.step() == 10, "the authority has ended: issuing fails")
  }

  @Test func runsUntilItsTaskEnds() async throws {
    let authority = try Authority(commonName: "a")
    let first = try authority.issueClientCertificate(commonName: "x", lifetime: 10 * day)
    let renewer = CertificateRenewer(current: first) {
      first
    } deliver: { _ in
    }
    let task = Task { try await renewer.run() }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }
}
