import APIMachinery
import NIOCore
import Testing

@testable import APIServer

@Suite struct AuditLimitsTests {
  private func event(_ size: Int) -> AuditEvent {
    let info = RequestInfo(
      verb: "create", group: "", version: "v1", resource: "configmaps", namespace: "a", name: "c")
    let subject = AuditEvent.Subject(
      id: "id", choice: .init(level: .requestResponse), uri: "/x", info: info, user: nil, sourceAddresses: [],
      userAgent: "test", received: Timestamp(seconds: 0), body: ["data": .string(String(repeating: "x", count: size))])
    return AuditEvent(
      subject: subject, stage: .responseComplete, time: Timestamp(seconds: 1),
      outcome: .init(code: 201, answer: ByteBuffer(string: #"{"kind":"ConfigMap"}"#)), annotations: [("a", "b")])
  }

  @Test func largeEventsLoseTheirObjects() throws {
    let limits = AuditLimits(largestEvent: 1000, largestBatch: 10_000)
    let small = event(10)
    #expect(limits.line(of: small) == small.line())
    let large = try JSONValue(json: try #require(limits.line(of: event(2000))))
    #expect(large["requestObject"] == nil && large["responseObject"] == nil)
    #expect(large["annotations"] == ["a": "b", "audit.k8s.io/truncated": "true"])
    #expect(large["objectRef"]?["name"] == "c" && large["responseStatus"]?["code"] == 201)
  }

  @Test func whatIsStillTooLargeIsNotKept() {
    #expect(AuditLimits(largestEvent: 100, largestBatch: 100).line(of: event(2000)) == nil)
  }

  @Test func batchesAreNoLargerThanAllowed() {
    let limits = AuditLimits(largestEvent: 10, largestBatch: 10)
    let lines = [4, 4, 4, 10, 1, 9].map { [UInt8](repeating: 0, count: $0) }
    #expect(limits.batches(lines).map { $0.map(\.count) } == [[4, 4], [4], [10], [1, 9]])
    #expect(limits.batches([]).isEmpty)
  }
}

@Suite struct AuditPaceTests {
  @Test func aBurstAndThenTheRate() {
    var pace = AuditPace(perSecond: 2, burst: 3)
    let start = ContinuousClock.now
    #expect((0..<5).map { _ in pace.delay(at: start) } == [.zero, .zero, .zero, .seconds(0.5), .seconds(1)])
    // What was waited for is had, and a rest gives no more than a burst.
    #expect(pace.delay(at: start + .seconds(1)) == .seconds(0.5))
    let later = start + .seconds(100)
    #expect((0..<4).map { _ in pace.delay(at: later) } == [.zero, .zero, .zero, .seconds(0.5)])
  }
}
