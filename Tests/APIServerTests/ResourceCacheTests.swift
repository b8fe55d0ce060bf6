import APIMachinery
import NIOCore
import Testing

@testable import APIServer

@Suite struct ResourceCacheTests {
  private func object(_ name: String, _ revision: Int64, labels: [String: String] = [:]) throws -> CachedObject {
    let json: JSONValue = [
      "kind": "ConfigMap", "apiVersion": "v1",
      "metadata": [
        "name": .string(name), "labels": .object(JSONObject(labels.map { ($0.key, .string($0.value)) })),
      ],
    ]
    return try CachedObject(key: "/registry/configmaps/\(name)", revision: revision, stored: json.jsonBytes())
  }

  private func add(_ cache: ResourceCache, _ name: String, _ revision: Int64) throws {
    let new = try object(name, revision)
    cache.apply(
      [ObjectEvent(revision: revision, current: new, previous: cache.get(new.key))], revision: revision)
  }

  @Test func whatIsSentIsMadeOnceAndKeptForTheNewestOnly() throws {
    let cache = ResourceCache(revision: 0)
    let new = try object("a", 1)
    let event = ObjectEvent(revision: 1, current: new, previous: nil)
    var made = 0
    func send(_ kind: ObjectEvent.Kind = .added, isProtobuf: Bool = false) -> ByteBuffer? {
      event.encoding(kind, isProtobuf: isProtobuf) {
        made += 1
        return ByteBuffer(string: "\(kind) \(isProtobuf)")
      }
    }
    cache.apply([event], revision: 1)
    #expect(send() == send())
    #expect(made == 1)
    #expect(send(.deleted) == ByteBuffer(string: "deleted false"))
    #expect(send(.added, isProtobuf: true) == ByteBuffer(string: "added true"))
    #expect(made == 3)
    for revision in 2...64 { try add(cache, "b", Int64(revision)) }
    _ = send()
    #expect(made == 3)
    try add(cache, "b", 65)
    _ = send()
    #expect(made == 4)
    #expect(event.encoding(.modified, isProtobuf: false) { nil } == nil)
  }

  @Test func theVersionOfAllIsKnown() throws {
    func object(_ name: String, _ version: String) throws -> CachedObject {
      let json: JSONValue = ["kind": "X", "apiVersion": .string(version), "metadata": ["name": .string(name)]]
      return try CachedObject(key: "/registry/x/\(name)", revision: 1, stored: json.jsonBytes())
    }
    let cache = ResourceCache(revision: 0)
    #expect(cache.list("/registry/x/").apiVersion == nil)
    cache.load(try object("a", "x/v1"))
    cache.load(try object("a", "x/v1"))
    #expect(cache.list("/registry/x/").apiVersion == "x/v1")
    let other = try object("b", "x/v2")
    cache.apply([ObjectEvent(revision: 2, current: other, previous: nil)], revision: 2)
    #expect(cache.list("/registry/x/").apiVersion == nil)
    cache.apply([ObjectEvent(revision: 3, current: nil, previous: other)], revision: 3)
    #expect(cache.list("/registry/x/").apiVersion == "x/v1")
  }

  @Test func whoFallsFarBehindIsCutOff() async throws {
    let cache = ResourceCache(revision: 0)
    let watch = try #require(cache.watch(after: 0).watch)
    for revision in 1...8193 { try add(cache, "a", Int64(revision)) }
    #expect(await watch.next() == nil)
    #expect(watch.isCutOff)
  }

  @Test func listsAreInOrderAndBelowAPrefix() throws {
    let cache = ResourceCache(revision: 0)
    for (index, name) in ["b/2", "a/1", "ab/3", "b/1"].enumerated() { try add(cache, name, Int64(index + 1)) }
    #expect(cache.list("/registry/configmaps/").objects.map(\.name) == ["a/1", "ab/3", "b/1", "b/2"])
    #expect(cache.list("/registry/configmaps/b/").objects.map(\.name) == ["b/1", "b/2"])
    #expect(cache.list("/registry/configmaps/a/").objects.map(\.name) == ["a/1"])
    #expect(cache.list("/registry/configmaps/c/").objects.isEmpty)
    // With the order made, changes keep it.
    try add(cache, "a/0", 5)
    let gone = try #require(cache.get("/registry/configmaps/ab/3"))
    cache.apply([ObjectEvent(revision: 6, current: nil, previous: gone)], revision: 6)
    #expect(cache.list("/registry/configmaps/").objects.map(\.name) == ["a/0", "a/1", "b/1", "b/2"])
    #expect(cache.list("/registry/configmaps/").revision == 6)
  }

  /// A watch gets each change after its start, in order, whenever it begins.
  @Test func watchesMissNothing() async throws {
    let cache = ResourceCache(revision: 10)
    for revision in Int64(11)...15 { try add(cache, "o\(revision)", revision) }
    let watch = try #require(cache.watch(after: 12).watch)
    for revision in Int64(16)...18 { try add(cache, "o\(revision)", revision) }
    var seen: [Int64] = []
    while seen.count < 6, let batch = await watch.next() { seen += batch.events.map(\.revision) }
    #expect(seen == [13, 14, 15, 16, 17, 18])
    watch.end()
    #expect(await watch.next() == nil)
  }

  @Test func tooOldToWatch() throws {
    let cache = ResourceCache(revision: 100)
    let answer = cache.watch(after: 50)
    #expect(answer.watch == nil && answer.oldest == 100)
  }

  /// A reader that does not read is cut off instead of filling the memory.
  @Test func slowReaders() async throws {
    let cache = ResourceCache(revision: 0)
    let watch = try #require(cache.watch(after: 0).watch)
    for revision in Int64(1)...9_000 { try add(cache, "same", revision) }
    #expect(await watch.next() == nil)
  }

  @Test func whatAFilterSees() throws {
    let (red, green) = (try object("x", 1, labels: ["c": "red"]), try object("x", 2, labels: ["c": "green"]))
    let isRed: (CachedObject) -> Bool = { $0.object.header.labels["c"] == "red" }
    func seen(_ current: CachedObject?, _ previous: CachedObject?) -> ObjectEvent.Kind? {
      ObjectEvent(revision: 3, current: current, previous: previous).seen(by: isRed)?.0
    }
    #expect(seen(red, nil) == .added)
    #expect(seen(red, red) == .modified)
    #expect(seen(green, red) == .deleted)
    #expect(seen(red, green) == .added)
    #expect(seen(nil, red) == .deleted)
    #expect(seen(nil, green) == nil)
    #expect(seen(green, nil) == nil)
  }

  @Test func aWatchMayBeginBeforeItsTime() async throws {
    let cache = ResourceCache(revision: 10)
    let watch = try #require(cache.watch(after: 12).watch)
    for revision in Int64(11)...12 { try add(cache, "o\(revision)", revision) }
    // Nobody is told less than it knows.
    watch.mark()
    #expect(watch.waiting()?.isEmpty == true)
    try add(cache, "o13", 13)
    #expect(await watch.next()?.events.map(\.revision) == [13])
    watch.mark()
    #expect(await watch.next()?.revision == 13)
  }
}
