import APIMachinery
import Testing

@testable import APIServer

/// What another server's lists and events come to.
@Suite struct KnownAggregatedObjectsTests {
  private static let resource = AggregatedObjects.Resource(
    groupVersion: GroupVersion(group: "wardle.example.com", version: "v1"), plural: "flunders", kind: "Flunder",
    isNamespaced: true, verbs: [.delete, .list, .watch])

  private static func object(_ uid: String, _ version: Int = 1) -> StoredObject {
    StoredObject([
      "kind": "Flunder", "apiVersion": "wardle.example.com/v1",
      "metadata": ["name": .string(uid), "uid": .string(uid), "labels": ["version": .string("\(version)")]],
    ])
  }

  /// A change in a form that can be compared: the uid, and the versions before and after.
  private static func text(_ change: AggregatedObjects.Change) -> String {
    let uid = (change.current ?? change.previous)?.header.uid ?? ""
    func version(_ object: StoredObject?) -> String {
      object?.header.labels["version"] ?? "-"
    }
    return "\(uid) \(version(change.previous)) \(version(change.current))"
  }

  private static func event(_ object: StoredObject?, isRemoval: Bool = false) -> AggregatedObjects.Event {
    AggregatedObjects.Event(object: object, isRemoval: isRemoval, version: "9")
  }

  @Test func whatIsThereAlreadyIsNews() {
    var known = KnownAggregatedObjects()
    let changes = known.take(all: [Self.object("a"), Self.object("b")], of: Self.resource)
    #expect(changes.map(Self.text) == ["a - 1", "b - 1"])
    #expect(Array(known.resources) == [Self.resource])
  }

  @Test func anotherListTellsWhatWasMissed() {
    var known = KnownAggregatedObjects()
    _ = known.take(all: ["a", "b", "c", "d"].map { Self.object($0) }, of: Self.resource)
    let changes = known.take(all: [Self.object("e"), Self.object("b", 2), Self.object("a")], of: Self.resource)
    #expect(changes.map(Self.text) == ["e - 1", "b 1 2", "c 1 -", "d 1 -"])
    #expect(known.take(all: [Self.object("e"), Self.object("b", 2), Self.object("a")], of: Self.resource).isEmpty)
  }

  @Test func eventsAreToldOnce() {
    var known = KnownAggregatedObjects()
    func take(_ event: AggregatedObjects.Event) -> String? { known.take(event, of: Self.resource).map(Self.text) }
    #expect(take(Self.event(Self.object("a"))) == "a - 1")
    #expect(take(Self.event(Self.object("a"))) == nil)
    #expect(take(Self.event(nil)) == nil)
    #expect(take(Self.event(Self.object("a", 2))) == "a 1 2")
    // The last state comes with the removal; what was known before is what is told.
    #expect(take(Self.event(Self.object("a", 3), isRemoval: true)) == "a 2 -")
    #expect(take(Self.event(Self.object("a", 3))) == "a - 3")
    // One that was never seen.
    #expect(take(Self.event(Self.object("b", 7), isRemoval: true)) == "b 7 -")
  }

  @Test func aResourceThatIsGoneTakesItsObjectsAlong() {
    var known = KnownAggregatedObjects()
    _ = known.take(all: [Self.object("b"), Self.object("a")], of: Self.resource)
    #expect(known.forget(Self.resource).map(Self.text) == ["a 1 -", "b 1 -"])
    #expect(known.forget(Self.resource).isEmpty && known.resources.isEmpty)
  }
}
