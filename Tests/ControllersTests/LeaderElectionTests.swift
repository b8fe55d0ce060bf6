import APIMachinery
import ClusterClient
import Synchronization
import Testing

@testable import Controllers

/// One works at a time, and there is always one.
@Suite struct LeaderElectionTests {
  /// No lease runs out unless a test waits for that, however busy the machine is.
  private static let times = LeaderElection.Times(
    lease: .seconds(50), renewal: .seconds(40), retry: .milliseconds(20))

  /// Who works now, and who has.
  private final class Work: Sendable {
    private struct State {
      var working: Set<String> = []
      var most = 0
      var begun: [String] = []
      var waiting: [(Int, CheckedContinuation<Void, Never>)] = []
    }
    private let state = Mutex(State())

    func work(_ name: String) async {
      let ready = state.withLock { state in
        state.working.insert(name)
        state.most = max(state.most, state.working.count)
        state.begun.append(name)
        defer { state.waiting.removeAll { $0.0 <= state.begun.count } }
        return state.waiting.filter { $0.0 <= state.begun.count }
      }
      for (_, continuation) in ready { continuation.resume() }
      // Until it is cancelled.
      let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
      for await _ in stream {}
      continuation.finish()
      state.withLock { _ = $0.working.remove(name) }
    }

    /// Returns when work was begun so many times.
    func begun(_ count: Int) async {
      await withCheckedContinuation { continuation in
        let isDone = state.withLock { state in
          if state.begun.count < count { state.waiting.append((count, continuation)) }
          return state.begun.count >= count
        }
        if isDone { continuation.resume() }
      }
    }

    var begun: [String] { state.withLock { $0.begun } }
    var most: Int { state.withLock { $0.most } }
  }

  private func start(
    _ name: String, _ client: LeaseClient, _ work: Work, times: LeaderElection.Times = times
  ) -> Task<Void, Never> {
    Task {
      await LeaderElection(client, name: "test", identity: name, times: times, report: { _ in })
        .run { await work.work(name) }
    }
  }

  @Test(.timeLimit(.minutes(1))) func theNextBeginsWhenOneGoes() async {
    let (leases, work) = (Leases(), Work())
    let first = start("a", LeaseClient(leases, "a"), work)
    await work.begun(1)
    let others = ["b", "c"].map { start($0, LeaseClient(leases, $0), work) }
    first.cancel()
    await first.value
    await work.begun(2)
    let second = work.begun[1]
    #expect(work.begun[0] == "a" && second != "a" && work.most == 1)
    #expect(leases.spec?["leaseTransitions"] == 1 && leases.spec?["leaseDurationSeconds"] == 50)
    for task in others { task.cancel() }
    for task in others { await task.value }
    // Given back, by whoever was last.
    #expect(leases.spec?["holderIdentity"] == "" && work.most == 1)
  }

  /// One that cannot write any more stops before another one begins, and begins again when it can.
  @Test(.timeLimit(.minutes(1))) func whoCannotRenewStopsInTime() async {
    let (leases, work) = (Leases(), Work())
    let short = LeaderElection.Times(lease: .seconds(3), renewal: .seconds(2), retry: .milliseconds(20))
    let first = start("a", LeaseClient(leases, "a"), work, times: short)
    await work.begun(1)
    leases.cutOff("a")
    let second = start("b", LeaseClient(leases, "b"), work, times: short)
    await work.begun(2)
    leases.cutOff(nil)
    second.cancel()
    await second.value
    await work.begun(3)
    #expect(work.begun == ["a", "b", "a"] && work.most == 1)
    first.cancel()
    await first.value
  }

  /// A store that does not answer for a moment says nothing of whose the lease is.
  @Test(.timeLimit(.minutes(1))) func whoCannotReadForAMomentGoesOn() async {
    let (leases, work) = (Leases(), Work())
    let first = start("a", LeaseClient(leases, "a"), work)
    await work.begun(1)
    await leases.failReads(6)
    // The first write might be one by which the lease is taken anew; work begins before the second.
    await leases.written()
    await leases.written()
    first.cancel()
    await first.value
    #expect(work.begun == ["a"])
  }

  /// The clock of another host says nothing: what counts is when a change was seen.
  @Test func recordsAreJudgedByWhenTheyWereSeen() throws {
    func lease(_ holder: String, _ renewed: String) -> StoredObject {
      StoredObject([
        "kind": "Lease", "apiVersion": "coordination.k8s.io/v1", "metadata": ["name": "test"],
        "spec": [
          "holderIdentity": .string(holder), "leaseDurationSeconds": 15, "renewTime": .string(renewed),
          "leaseTransitions": 3,
        ],
      ])
    }
    let start = ContinuousClock.now
    var record = LeaderRecord(identity: "me", duration: .seconds(15))
    let old = lease("other", "1999-01-01T00:00:00.000000Z")
    record.see(old, at: start)
    #expect(!record.mayBeTaken(at: start + .seconds(14)) && record.mayBeTaken(at: start + .seconds(15)))
    record.see(old, at: start + .seconds(9))
    #expect(record.mayBeTaken(at: start + .seconds(15)))
    record.see(lease("other", "2099-01-01T00:00:00.000000Z"), at: start + .seconds(14))
    #expect(!record.mayBeTaken(at: start + .seconds(28)) && record.mayBeTaken(at: start + .seconds(29)))
    #expect(record.taken(from: old)["leaseTransitions"] == 4 && record.taken(from: old)["holderIdentity"] == "me")
    #expect(record.taken(from: lease("me", "x"))["leaseTransitions"] == 3)
    record.see(lease("", "x"), at: start)
    #expect(record.mayBeTaken(at: start))
  }
}

/// The leases of a cluster, as all of its servers see them.
private final class Leases: Sendable {
  private struct State {
    var object: StoredObject?
    var cutOff: String?
    var failing = 0
    var awaitsFailures: CheckedContinuation<Void, Never>?
    var awaitsWrite: CheckedContinuation<Void, Never>?
  }
  private let state = Mutex(State())

  var spec: JSONObject? { state.withLock { $0.object?.value(at: "spec")?.objectValue } }

  /// Whose writes fail.
  func cutOff(_ name: String?) { state.withLock { $0.cutOff = name } }

  /// Returns when so many reads have failed.
  func failReads(_ count: Int) async {
    await withCheckedContinuation { continuation in
      state.withLock { ($0.failing, $0.awaitsFailures) = (count, continuation) }
    }
  }

  /// Returns when something has been written since the call.
  func written() async {
    await withCheckedContinuation { continuation in state.withLock { $0.awaitsWrite = continuation } }
  }

  func read() throws -> StoredObject? {
    try state.withLock { state in
      guard state.failing > 0 else { return state.object }
      state.failing -= 1
      if state.failing == 0 { state.awaitsFailures?.resume() }
      throw StatusError.internalError("the store is away")
    }
  }

  func write(_ object: JSONObject, by name: String, isNew: Bool) throws -> StoredObject {
    try state.withLock { state in
      let revision = state.object?.revision ?? 0
      let given = object["metadata"]?["resourceVersion"]?.stringValue
      guard state.cutOff != name, isNew == (state.object == nil), isNew || given == String(revision) else {
        throw StatusError.conflict(GroupResource(group: "coordination.k8s.io", resource: "leases"), "test")
      }
      let written = try StoredObject(bytes: JSONValue.object(object).jsonBytes(), revision: revision + 1)
      state.object = written
      state.awaitsWrite?.resume()
      state.awaitsWrite = nil
      return written
    }
  }
}

private struct LeaseClient: ClusterClient {
  private let leases: Leases
  private let name: String

  init(_ leases: Leases, _ name: String) {
    self.leases = leases
    self.name = name
  }

  func resources() -> [ClusterResource] {
    [
      ClusterResource(
        groupVersion: GroupVersion(group: "coordination.k8s.io", version: "v1"), plural: "leases", kind: "Lease",
        isNamespaced: true, verbs: [])
    ]
  }

  func get(_ resource: ClusterResource, namespace: String, name: String) async throws -> StoredObject? {
    try leases.read()
  }
  func list(_ resource: ClusterResource, namespace: String) async throws -> [StoredObject] { [] }
  func update(_ resource: ClusterResource, subresource: String, _ object: JSONObject) async throws -> StoredObject {
    try leases.write(object, by: name, isNew: false)
  }
  func create(_ resource: ClusterResource, namespace: String, _ object: JSONObject) async throws -> StoredObject {
    try leases.write(object, by: name, isNew: true)
  }
  func delete(
    _ resource: ClusterResource, namespace: String, name: String, uid: String?, revision: UInt64?,
    policy: DeletionPolicy?
  ) async throws {}
  func changes(of resources: Set<GroupResource>?) -> ClusterChanges { .none }
}
