import APIMachinery
import KeyValueStore
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import APIServer
@testable import HTTPService

/// Watches that wait together are told each change once and in order, however they come, wake and go meanwhile.
@Suite(.timeLimit(.minutes(2))) struct ParkedWatchTests {
  /// What a client of a watch has been told, as revisions.
  private final class Client: Sendable {
    private let state = Mutex<[Int64]>([])
    /// The last that was told, each time.
    private let last = AsyncStream.makeStream(of: Int64.self)
    private let stream = Mutex<OutboundStream?>(nil)

    /// The way to it.
    func connect() -> OutboundStream {
      let stream = OutboundStream(
        on: MultiThreadedEventLoopGroup.singleton.any(), drain: { [self] in read() }, send: { [self] in read([$0]) })
      self.stream.withLock { $0 = stream }
      return stream
    }

    private func read() { read(stream.withLock { $0 }?.take(completing: .max).pieces ?? []) }

    private func read(_ pieces: [ByteBuffer]) {
      let text = pieces.map { String(buffer: $0) }.joined()
      let told = state.withLock { told in
        told += text.split(separator: " ").compactMap { Int64($0) }
        return told.last
      }
      if let told { last.continuation.yield(told) }
    }

    var told: [Int64] { state.withLock { $0 } }

    /// Waits until the last that was told is this revision or a later one. Asked by one task, for later ones each time.
    func isTold(_ revision: Int64) async { for await told in last.stream where told >= revision { return } }
  }

  private final class Following: Sendable {
    let watches = Mutex<[CacheWatch]>([])
  }

  private static func text(_ batch: CacheWatch.Batch) -> ByteBuffer {
    ByteBuffer(string: batch.events.map { "\($0.revision) " }.joined())
  }

  private static func event(_ revision: Int64, data: String = "") throws -> ObjectEvent {
    let json: JSONValue = [
      "kind": "ConfigMap", "apiVersion": "v1", "metadata": ["name": "x"], "data": ["text": .string(data)],
    ]
    let object = try CachedObject(key: "/registry/configmaps/a/x", revision: revision, stored: json.jsonBytes())
    return ObjectEvent(revision: revision, current: object, previous: nil)
  }

  private static func parking(
    _ stream: OutboundStream, encode: @escaping @Sendable (CacheWatch.Batch) -> ByteBuffer? = { text($0) }
  ) -> WatchParking {
    let audience = WatchParking.Audience(version: "v1", isProtobuf: false, prefix: "/registry/configmaps/")
    return WatchParking(audience: audience, target: .init(stream: stream), encode: encode)
  }

  /// - Parameter rarely: whether something that goes another way than usual happens.
  private static func follow(
    _ watch: CacheWatch, _ stream: OutboundStream, _ rarely: @escaping @Sendable () -> Bool
  ) async throws {
    watch.set(parking(stream) { rarely() ? nil : text($0) }) { batch, delivery in
      !delivery.isLarge && !rarely() && delivery.broadcast.offer(text(batch), to: .init(stream: stream))
    }
    while let batch = await watch.next() { try await stream.write(text(batch)) }
  }

  @Test(arguments: [0, 3, 20]) func everybodyIsToldEverythingOnce(percent: Int) async throws {
    let rarely: @Sendable () -> Bool = { Int.random(in: 0..<100) < percent }
    let cache = ResourceCache(revision: 100)
    let last: Int64 = 3_000
    let following = Following()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask {
          // Some come and go all the time.
          var end: Int64 = 0
          while end < last {
            let (_, start, watch) = cache.listAndWatch(
              "/registry/configmaps/", Bool.random() ? .everything : .below("/registry/configmaps/a/"))
            let client = Client()
            let stream = client.connect()
            following.watches.withLock { $0.append(watch) }
            end = percent == 0 ? last : min(start + Int64.random(in: 1...500), last)
            async let done: Void = Self.follow(watch, stream, rarely)
            if start < end { await client.isTold(end) }
            following.watches.withLock { $0.removeAll { $0 === watch } }
            watch.end()
            try await done
            let told = client.told
            let wrong = told.enumerated().first { $1 != start + 1 + Int64($0) }
            #expect(wrong == nil, "from \(start)")
          }
        }
      }
      group.addTask {
        let long = String(repeating: "x", count: 40_000)
        for revision in 101...last {
          cache.apply([try Self.event(revision, data: rarely() && rarely() ? long : "")], revision: revision)
          if revision % 7 == 0 { await Task.yield() }
        }
        // What is not heard of would never end: the time limit is the judge.
      }
      group.addTask {
        while cache.revision < last {
          for watch in following.watches.withLock({ $0 }) where rarely() {
            if Bool.random() { watch.mark() } else { watch.unpark() }
          }
          await Task.yield()
        }
      }
      try await group.waitForAll()
    }
  }

  /// Nobody looks at those who wait together, and what they are told is made once.
  @Test func whatIsToldTogetherIsMadeOnce() async throws {
    let cache = ResourceCache(revision: 0)
    let made = Atomic(0)
    let taken = Atomic(0)
    var clients: [(Client, CacheWatch, Task<Void, any Error>)] = []
    for _ in 0..<5 {
      let watch = try #require(cache.watch(after: 0).watch)
      let client = Client()
      let stream = client.connect()
      watch.set(
        Self.parking(stream) { batch in
          made.add(1, ordering: .relaxed)
          return Self.text(batch)
        }
      ) { _, _ in
        taken.add(1, ordering: .relaxed)
        return false
      }
      let task = Task { while let batch = await watch.next() { try await stream.write(Self.text(batch)) } }
      while !watch.isAwaited { await Task.yield() }
      clients.append((client, watch, task))
    }
    for revision in 1...10 as ClosedRange<Int64> { cache.apply([try Self.event(revision)], revision: revision) }
    for (client, watch, task) in clients {
      await client.isTold(10)
      watch.end()
      try await task.value
      #expect(client.told == Array(1...10))
    }
    #expect(made.load(ordering: .relaxed) == 10)
    #expect(taken.load(ordering: .relaxed) == 0)
    #expect(cache.size.watchers == 0)
  }

  /// What was before a watch's start is not told, also where that is still to come.
  @Test func aStartThatIsToCome() async throws {
    let cache = ResourceCache(revision: 0)
    let watch = try #require(cache.watch(after: 3).watch)
    let client = Client()
    let stream = client.connect()
    async let done: Void = Self.follow(watch, stream, { false })
    while !watch.isAwaited { await Task.yield() }
    for revision in 1...5 as ClosedRange<Int64> { cache.apply([try Self.event(revision)], revision: revision) }
    await client.isTold(5)
    watch.end()
    try await done
    #expect(client.told == [4, 5])
  }

  /// Those who wait together are cut off with all others.
  @Test func theyAreCutOffTogether() async throws {
    let cache = ResourceCache(revision: 0)
    let watch = try #require(cache.watch(after: 0).watch)
    let stream = Client().connect()
    let task = Task { try await Self.follow(watch, stream, { false }) }
    while !watch.isAwaited { await Task.yield() }
    let key = "/registry/configmaps/a/x"
    let stored = KeyValue(key: key, value: [], createRevision: 1, modRevision: 1)
    cache.hold(UnreadableObject(key: key, revision: 1, why: "no key", stored: stored))
    try await task.value
    #expect(watch.isCutOff)
  }

  /// A mark is not older than what was told with others, also where the server has not come as far as it is to be seen.
  @Test func aMarkComesAfterWhatWasToldTogether() async throws {
    let cache = ResourceCache(revision: 0)
    let watch = try #require(cache.watch(after: 0).watch)
    let client = Client()
    watch.set(Self.parking(client.connect())) { _, _ in false }
    async let batch = watch.next()
    while !watch.isAwaited { await Task.yield() }
    for revision in 1...2 as ClosedRange<Int64> { cache.apply([try Self.event(revision)], revision: revision) }
    watch.mark()
    let marked = try #require(await batch)
    #expect(marked.events.isEmpty && marked.revision == 2)
    await client.isTold(2)
    watch.end()
  }
}
