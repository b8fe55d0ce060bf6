import HTTPService
import KeyValueStore
import Synchronization
import Testing

@testable import APIServer

@Suite(.timeLimit(.minutes(1))) struct StartGraceTests {
  @Test func aStartIsNoDeathForAWhile() async throws {
    let store = try await ClusterStore(MemoryStore()) { Issue.record($0) }
    let now = Mutex(ContinuousClock.now)
    let health = HealthChecks(store, startGrace: .seconds(10)) { now.withLock { $0 } }
    func status(_ path: String) async throws -> HTTPService.Status? {
      await health.respond(try Request(.get, path))?.status
    }
    func statuses() async throws -> [HTTPService.Status?] {
      [try await status("/livez"), try await status("/readyz"), try await status("/healthz")]
    }
    let starting = try await statuses()
    #expect(starting == [.ok, .internalServerError, .internalServerError])
    let one = try await status("/livez/poststarthook/rbac/bootstrap-roles")
    #expect(one == .ok)
    now.withLock { $0 += .seconds(11) }
    let late = try await status("/livez")
    #expect(late == .internalServerError)
    for step in StartStep.allCases { health.finish(step) }
    let started = try await statuses()
    #expect(started == [.ok, .ok, .ok])
    await store.close()
  }
}
