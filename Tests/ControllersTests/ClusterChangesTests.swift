import APIMachinery
import ClusterClient
import Synchronization
import Testing

@Suite struct ClusterChangesTests {
  private let resource = ClusterResource(
    groupVersion: GroupVersion(group: "", version: "v1"), plural: "configmaps", kind: "ConfigMap", isNamespaced: true,
    verbs: [.get])

  private func batch(_ names: [String], made: @escaping @Sendable (Int) -> Void = { _ in }) -> ClusterChanges.Batch {
    ClusterChanges.Batch(count: names.count) { [resource] place in
      made(place)
      let object = StoredObject(["kind": "ConfigMap", "metadata": ["name": .string(names[place])]])
      return ClusterChange(resource: resource, current: object, previous: nil)
    }
  }

  @Test func batchesAreToldOneChangeAfterTheOther() async {
    let (stream, feed) = AsyncStream.makeStream(of: ClusterChanges.Batch.self)
    for names in [["a", "b"], [], ["c"]] { feed.yield(batch(names)) }
    feed.finish()
    var names: [String] = []
    for await change in ClusterChanges(stream) { names.append(change.current?.header.name ?? "") }
    #expect(names == ["a", "b", "c"])
  }

  @Test func changesAreMadeWhenTheyAreLookedAt() async {
    let (stream, feed) = AsyncStream.makeStream(of: ClusterChanges.Batch.self)
    let made = Mutex<[Int]>([])
    feed.yield(batch(["a", "b", "c"]) { place in made.withLock { $0.append(place) } })
    var changes = ClusterChanges(stream).makeAsyncIterator()
    #expect(await changes.next()?.current?.header.name == "a")
    #expect(made.withLock { $0 } == [0])
    #expect(await changes.next()?.current?.header.name == "b")
    #expect(made.withLock { $0 } == [0, 1])
  }

  /// A reader that is to end does not work through what is there already.
  @Test func aCancelledReaderGetsNoMore() async {
    let (stream, feed) = AsyncStream.makeStream(of: ClusterChanges.Batch.self)
    feed.yield(batch(["a", "b"]))
    let (begun, begin) = AsyncStream.makeStream(of: Void.self)
    let reader = Task {
      var changes = ClusterChanges(stream).makeAsyncIterator()
      let first = await changes.next()
      begin.finish()
      while !Task.isCancelled { await Task.yield() }
      return (first, await changes.next())
    }
    for await _ in begun {}
    reader.cancel()
    let (first, second) = await reader.value
    #expect(first?.current?.header.name == "a" && second == nil)
  }

  @Test func whoFeedsLearnsThatNobodyReads() {
    let (stream, feed) = AsyncStream.makeStream(of: ClusterChanges.Batch.self)
    var changes: ClusterChanges? = ClusterChanges(stream)
    #expect(changes != nil)
    changes = nil
    _ = consume stream
    guard case .terminated = feed.yield(batch(["a"])) else {
      Issue.record("changes are kept for nobody")
      return
    }
  }

  @Test func resourcesAreComparedByWhatTheyAre() {
    let same = ClusterResource(
      groupVersion: resource.groupVersion, plural: "configmaps", kind: "ConfigMap", isNamespaced: true, verbs: [.get])
    let other = ClusterResource(
      groupVersion: resource.groupVersion, plural: "configmaps", kind: "ConfigMap", isNamespaced: true,
      verbs: [.get, .list])
    #expect(same == resource && Set([same, resource]).count == 1)
    #expect(other != resource)
  }
}
