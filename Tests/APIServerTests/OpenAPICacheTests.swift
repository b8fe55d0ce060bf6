import APIMachinery
import ClusterAPI
import Testing

@testable import APIServer

@Suite struct OpenAPICacheTests {
  private let kinds: BuiltinKinds
  private let catalog: ResourceCatalog
  private let cache: OpenAPICache

  init() throws {
    kinds = try BuiltinKinds.load()
    catalog = ResourceCatalog(kinds)
    cache = OpenAPICache(kinds, serverVersion: "v1.36.0")
  }

  private static func custom(_ group: String, _ field: String) -> ResourceDescription {
    ResourceDescription(
      group: group, plural: "foos", singular: "foo", kind: "Foo", isNamespaced: true, isCustom: true,
      versions: [
        ResourceVersion(
          name: "v1", definitionName: "\(group).v1.Foo",
          schema: Schema(.object, properties: [SchemaProperty(field, Schema(.string))]))
      ])
  }

  private func hashes() async -> [GroupVersion: String] {
    var hashes: [GroupVersion: String] = [:]
    let snapshot = catalog.snapshot
    for groupVersion in snapshot.groupVersions {
      hashes[groupVersion] = await cache.hash(.version3(groupVersion), snapshot)
    }
    return hashes
  }

  /// Whoever has asked for everything has not made the server hold it.
  @Test func littleIsKept() async throws {
    let snapshot = catalog.snapshot
    let hashes = await hashes()
    #expect(Set(hashes.values).count == snapshot.groupVersions.count)
    for (groupVersion, hash) in hashes {
      let document = await cache.document(.version3(groupVersion), snapshot)
      #expect(document.hash == hash)
      #expect(await cache.size < 1 << 20)
    }
    let json = await cache.document(.version2, snapshot)
    let protobuf = await cache.document(.version2InProtobuf, snapshot)
    #expect(try JSONValue(json: json.bytes)["swagger"] == "2.0")
    #expect(json.hash != protobuf.hash && protobuf.bytes.count > 1 << 19)
    #expect(await cache.hash(.version2, snapshot) == json.hash)
    #expect(await cache.size < 1 << 20)
  }

  @Test func manyAtOnceGetTheSame() async {
    let snapshot = catalog.snapshot
    let hashes = await withTaskGroup(of: String.self) { group in
      for _ in 0..<20 { group.addTask { [cache] in await cache.document(.version2, snapshot).hash } }
      return await group.reduce(into: Set<String>()) { $0.insert($1) }
    }
    #expect(hashes.count == 1)
  }

  @Test func customKindsChangeTheirOwnGroup() async throws {
    let before = await hashes()
    let everything = await cache.hash(.version2, catalog.snapshot)
    let place = GroupVersion(group: "one.example.com", version: "v1")
    catalog.set(Self.custom("one.example.com", "a"))
    catalog.set(Self.custom("two.example.com", "a"))
    let with = await hashes()
    #expect(with.filter { before[$0.key] != nil } == before)
    #expect(with.count == before.count + 2)
    #expect(await cache.hash(.version2, catalog.snapshot) != everything)

    let old = catalog.snapshot
    catalog.set(Self.custom("one.example.com", "b"))
    let changed = await hashes()
    #expect(changed[place] != with[place])
    #expect(changed.filter { $0.key != place } == with.filter { $0.key != place })
    // A reader who still holds the older state gets what belongs to it, and spoils nothing.
    #expect(await cache.document(.version3(place), old).hash == with[place])
    #expect(await hashes() == changed)
  }
}
