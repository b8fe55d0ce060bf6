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
    let (changes, feed) = ClusterChanges.make()
    for names in [["a", "b"], [], ["c"]] { feed.put(batch(names)) }
    feed.finish()
    var names: [String] = []
    for await change in changes { names.append(change.current?.header.name ?? "") }
    #expect(names == ["a", "b", "c"])
  }

  @Test func changesAreMadeWhenTheyAreLookedAt() async {
    let (changes, feed) = ClusterChanges.make()
    let made = Mutex<[Int]>([])
    feed.put(batch(["a", "b", "c"]) { place in made.withLock { $0.append(place) } })
    var reading = changes.makeAsyncIterator()
    #expect(await reading.next()?.current?.header.name == "a")
    #expect(made.withLock { $0 } == [0])
    #expect(await reading.next()?.current?.header.name == "b")
    #expect(made.withLock { $0 } == [0, 1])
  }

  /// A reader that is to end does not work through what is there already.
  @Test func aCancelledReaderGetsNoMore() async {
    let (changes, feed) = ClusterChanges.make()
    feed.put(batch(["a", "b"]))
    let (begun, begin) = AsyncStream.makeStream(of: Void.self)
    let reader = Task {
      var reading = changes.makeAsyncIterator()
      let first = await reading.next()
      begin.finish()
      while !Task.isCancelled { await Task.yield() }
      return (first, await reading.next())
    }
    for await _ in begun {}
    reader.cancel()
    let (first, second) = await reader.value
    #expect(first?.current?.header.name == "a" && second == nil)
  }

  @Test func whoFeedsLearnsThatNobodyReads() {
    func feed() -> ChangeQueue {
      let (changes, feed) = ClusterChanges.make()
      #expect(feed.put(batch(["a"])))
      return withExtendedLifetime(changes) { feed }
    }
    let told = Mutex(0)
    let abandoned = feed()
    abandoned.whenOver { told.withLock { $0 += 1 } }
    #expect(!abandoned.put(batch(["a"])), "changes are kept for nobody")
    abandoned.finish()
    #expect(told.withLock { $0 } == 1)
  }

  /// What has come while the reader was busy comes together.
  @Test func waitingBatchesAreReadAtOnce() async {
    let (changes, feed) = ClusterChanges.make()
    for names in [["a"], ["b", "c"]] { feed.put(batch(names)) }
    #expect(await changes.nextBatches()?.map(\.count) == [1, 2])
    async let next = changes.nextBatches()
    feed.put(batch(["d"]))
    #expect(await next?.map(\.count) == [1])
    feed.put(batch(["e"]))
    feed.finish()
    #expect(!feed.put(batch(["f"])))
    #expect(await changes.nextBatches()?.map(\.count) == [1])
    #expect(await changes.nextBatches() == nil)
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
