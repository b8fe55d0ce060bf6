import APIMachinery
import ClusterClient
import Synchronization
import Testing

@testable import Controllers

/// What controllers do when a write fails, when they hear late, and when they are told of much at once.
@Suite(.timeLimit(.minutes(2))) struct ReconcilerTests {
  private let world = World()

  private func namespace(_ name: String, uid: String, isGoing: Bool = false) -> JSONObject {
    var metadata: JSONObject = ["name": .string(name), "uid": .string(uid)]
    if isGoing { metadata["deletionTimestamp"] = "2026-01-02T03:04:05Z" }
    return [
      "apiVersion": "v1", "kind": "Namespace", "metadata": .object(metadata), "spec": ["finalizers": ["kubernetes"]],
    ]
  }

  @Test func whatCannotBeWrittenIsTriedAgain() async throws {
    let world = world
    world.put("namespaces", namespace("n", uid: "1"))
    world.refuse(2)
    try await world.run({ await ServiceAccountController(world).run() }) {
      world.object("serviceaccounts", "n", "default") != nil
    }
  }

  @Test func whatIsPublishedIsPublishedInTheEnd() async throws {
    let world = world
    let (bundles, told) = AsyncStream.makeStream(of: String.self)
    world.put("namespaces", namespace("n", uid: "1"))
    told.yield("first")
    let publisher = RootCertificatePublisher(world, authorities: bundles)
    @Sendable func published() -> String? {
      world.object("configmaps", "n", "kube-root-ca.crt")?.text(at: "data", "ca.crt")
    }
    let running = Task { await publisher.run() }
    defer { running.cancel() }
    try await world.run({}) { published() == "first" }
    world.refuse(2)
    told.yield("second")
    try await world.run({}) { published() == "second" }
  }

  @Test func aFinalizerIsTakenInTheEnd() async throws {
    let world = world
    world.put(
      "persistentvolumes",
      [
        "apiVersion": "v1", "kind": "PersistentVolume",
        "metadata": [
          "name": "v", "uid": "1", "deletionTimestamp": "2026-01-02T03:04:05Z",
          "finalizers": ["kubernetes.io/pv-protection"],
        ],
      ])
    world.refuse(2)
    try await world.run({ await VolumeProtectionController(world).run() }) {
      world.object("persistentvolumes", "", "v")?.header.finalizers.isEmpty == true
    }
  }

  /// A namespace that is made again and removed while the one before is still worked on is emptied, too.
  @Test func aNamespaceOfTheSameNameIsNotForgotten() async throws {
    let world = world
    world.put("namespaces", namespace("n", uid: "1", isGoing: true))
    let rounds = Mutex(0)
    let (second, first) = (namespace("n", uid: "2", isGoing: true), namespace("n", uid: "2"))
    world.whenAskedFor { key in
      guard key == "namespaces//n" else { return }
      let round = rounds.withLock { rounds in
        rounds += 1
        return rounds
      }
      // The first one goes while it is worked on, and is asked for once more. By then the next one is there, and told of
      // before the one who works knows that the first one has gone.
      if round == 1 { world.remove("namespaces", "", "n") }
      guard round == 2 else { return }
      world.put("namespaces", first, isTold: false)
      world.put("namespaces", second)
      do { try await Task.sleep(for: .milliseconds(100)) } catch {}
    }
    // Something is left in it at first.
    world.refuse(1)
    try await world.run({ await NamespaceController(world) { _ in }.run() }) {
      world.object("namespaces", "", "n")?.value(at: "spec", "finalizers")?.arrayValue?.isEmpty == true
    }
  }

  /// Each object waits once, however many changes of it there were.
  @Test func anObjectThatIsLookedAtAgainIsSoOnce() async throws {
    let world = world
    let calls = Mutex(0)
    let (keys, told) = AsyncStream.makeStream(of: Reconciler.Key.self)
    let reconciler = Reconciler(world, watching: []) { _ in
      []
    } work: { _ in
      let count = calls.withLock { calls in
        calls += 1
        return calls
      }
      // Each of the first ones is asked for before the next is told.
      if count <= 20 { told.yield(Reconciler.Key(name: "o")) }
      return .milliseconds(100)
    }
    told.yield(Reconciler.Key(name: "o"))
    let start = ContinuousClock.now
    let running = Task { await reconciler.run(also: keys) }
    try await Task.sleep(for: .seconds(1))
    running.cancel()
    await running.value
    // The first ones, and one every tenth of a second.
    let (count, passed) = (calls.withLock { $0 }, ContinuousClock.now - start)
    #expect(count >= 21 && count <= 21 + Int(passed / .milliseconds(100)) + 2, "\(count) in \(passed)")
  }

  /// Nothing is removed that has an owner by now, although nobody has told of it yet.
  @Test func theCollectorLooksBeforeItRemoves() async throws {
    let world = world
    func map(_ name: String, owner: String?) -> JSONObject {
      var metadata: JSONObject = ["name": .string(name), "namespace": "n", "uid": .string("uid-" + name)]
      if let owner {
        metadata["ownerReferences"] = [
          ["apiVersion": "v1", "kind": "ConfigMap", "name": .string(owner), "uid": .string("uid-" + owner)]
        ]
      }
      return ["apiVersion": "v1", "kind": "ConfigMap", "metadata": .object(metadata)]
    }
    for (name, owner) in [("old", nil), ("new", nil), ("moved", "old"), ("free", "old"), ("lost", "old")] {
      world.put("configmaps", map(name, owner: owner))
    }
    world.put("configmaps", map("sentinel", owner: "nobody"))
    let running = Task { await GarbageCollector(world) { _ in }.run() }
    defer { running.cancel() }
    // It has been told of what is there.
    try await world.run({}) { world.removed.contains("sentinel") }
    world.put("configmaps", map("moved", owner: "new"), isTold: false)
    world.put("configmaps", map("free", owner: nil), isTold: false)
    world.remove("configmaps", "n", "old")
    try await world.run({}) { world.removed.contains("lost") }
    world.put("configmaps", map("last", owner: "old"))
    try await world.run({}) { world.removed.contains("last") }
    #expect(world.removed.sorted() == ["last", "lost", "sentinel"])
  }
}
