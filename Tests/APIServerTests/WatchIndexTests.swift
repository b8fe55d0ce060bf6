import APIMachinery
import Testing

@testable import APIServer

/// A change wakes the watches that it can concern, and no others.
@Suite struct WatchIndexTests {
  private func pod(_ name: String, node: String? = nil, _ revision: Int64 = 1) throws -> CachedObject {
    let spec: JSONObject = node.map { ["nodeName": .string($0)] } ?? [:]
    let json: JSONValue = [
      "kind": "Pod", "apiVersion": "v1", "metadata": ["name": .string(name)], "spec": .object(spec),
    ]
    return try CachedObject(key: "/registry/pods/\(name)", revision: revision, stored: json.jsonBytes())
  }

  private func watch(_ scope: WatchScope) -> CacheWatch { CacheWatch(revision: 0, scope: scope) { _ in } }

  private func index(_ watches: CacheWatch...) -> WatchIndex {
    watches.reduce(into: WatchIndex()) { $0.insert($1) }
  }

  private func woken(
    _ index: WatchIndex, _ current: CachedObject?, _ previous: CachedObject? = nil
  ) -> Set<WatchScope> {
    Set(index.watches(of: [ObjectEvent(revision: 1, current: current, previous: previous)]).map(\.scope))
  }

  private func onNode(_ name: String) -> WatchScope { .field(["spec", "nodeName"], name) }

  @Test func namespacesAndNames() throws {
    let index = index(
      watch(.everything), watch(.below("/registry/pods/a/")), watch(.below("/registry/pods/b/")),
      watch(.object("/registry/pods/a/x")), watch(.object("/registry/pods/a/y")))
    #expect(
      woken(index, try pod("a/x")) == [.everything, .below("/registry/pods/a/"), .object("/registry/pods/a/x")])
    #expect(woken(index, nil, try pod("b/x")) == [.everything, .below("/registry/pods/b/")])
    #expect(woken(index, try pod("c/x")) == [.everything])
  }

  @Test func whoWatchesTheOldValueIsWoken() throws {
    let index = index(watch(onNode("")), watch(onNode("one")), watch(onNode("two")), watch(onNode("three")))
    #expect(woken(index, try pod("a/x")) == [onNode("")])
    #expect(woken(index, try pod("a/x", node: "one"), try pod("a/x")) == [onNode(""), onNode("one")])
    #expect(woken(index, try pod("a/x", node: "two"), try pod("a/x", node: "two")) == [onNode("two")])
    #expect(woken(index, nil, try pod("a/x", node: "two")) == [onNode("two")])
  }

  @Test func changesOfOneRevisionWakeAllWhomTheyConcern() throws {
    let index = index(watch(onNode("one")), watch(onNode("two")), watch(.object("/registry/pods/a/z")))
    let events = try [pod("a/x", node: "one"), pod("a/y", node: "one"), pod("a/z")].map {
      ObjectEvent(revision: 1, current: $0, previous: nil)
    }
    #expect(index.watches(of: events).map(\.scope).count == 2)
    #expect(Set(index.watches(of: events).map(\.scope)) == [onNode("one"), .object("/registry/pods/a/z")])
  }

  @Test func whoHasGoneIsWokenNoMore() throws {
    let (first, second) = (watch(onNode("one")), watch(onNode("one")))
    var index = index(first, second, watch(.everything))
    index.insert(first)
    #expect(index.count == 3)
    index.remove(first)
    index.remove(first)
    #expect(index.count == 2)
    #expect(woken(index, try pod("a/x", node: "one")) == [onNode("one"), .everything])
    index.remove(second)
    #expect(woken(index, try pod("a/x", node: "one")) == [.everything])
  }

  /// A watch hears what it asked for and the revision up to which that is all.
  @Test func theCacheTellsOfNothingElse() async throws {
    let cache = ResourceCache(revision: 0)
    let watch = try #require(cache.watch(after: 0, onNode("one")).watch)
    cache.apply([ObjectEvent(revision: 1, current: try pod("a/x", node: "two"), previous: nil)], revision: 1)
    cache.apply([ObjectEvent(revision: 2, current: try pod("a/y", node: "one"), previous: nil)], revision: 2)
    let batch = try #require(await watch.next())
    #expect(batch.events.map(\.revision) == [2])
    #expect(batch.revision == 2)
    watch.end()
    #expect(cache.size.watchers == 0)
  }

  /// A mark tells how far the server has come: of that the watch has been given everything, whoever changed what.
  @Test func marksTellHowFarTheServerHasCome() async throws {
    let gate = RevisionGate()
    let cache = ResourceCache(revision: 0, gate)
    let watch = try #require(cache.watch(after: 0).watch)
    gate.open(to: 7)
    watch.mark()
    let quiet = try #require(await watch.next())
    #expect(quiet.events.isEmpty && quiet.revision == 7)
    // Applied, and not come by everywhere.
    cache.apply([ObjectEvent(revision: 8, current: try pod("a/x"), previous: nil)], revision: 8)
    #expect(await watch.next()?.revision == 8)
    #expect(cache.revision == 8)
    gate.open(to: 9)
    #expect(cache.revision == 9 && cache.list("/registry/pods/").revision == 9)
    watch.end()
  }
}
