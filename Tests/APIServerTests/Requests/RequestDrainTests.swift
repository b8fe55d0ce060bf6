import HTTPService
import Testing

@testable import APIServer

@Suite(.timeLimit(.minutes(1))) struct RequestDrainTests {
  @Test func whatIsUnderWayIsWaitedFor() async throws {
    let drain = RequestDrain()
    let request = try Request(.get, "/api/v1/pods")
    #expect(drain.begin(request) && drain.begin(request))
    async let ended: Void = drain.run(atMost: .seconds(3600))
    // What comes later is refused, and does not count.
    while drain.begin(request) {
      drain.end()
      await Task.yield()
    }
    for path in ["/readyz", "/livez/etcd", "/metrics"] {
      #expect(drain.begin(try Request(.get, path)))
      drain.end()
    }
    drain.end()
    drain.end()
    await ended
    let refusal = RequestDrain.refusal()
    #expect(refusal.status == .tooManyRequests && refusal.headers["Retry-After"] == "5")
  }

  @Test func nobodyIsWaitedForForEver() async throws {
    let drain = RequestDrain()
    #expect(drain.begin(try Request(.get, "/api/v1/pods")))
    await drain.run(atMost: .milliseconds(1))
    drain.end()
    await drain.run(atMost: .seconds(3600))
  }
}
