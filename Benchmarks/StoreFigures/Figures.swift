import KeyValueStore
import Linux
import Synchronization

/// The figures of one store, each from many operations.
struct Figures: Sendable {
  struct Figure: Sendable {
    let name: String
    let value: Double
  }

  /// As many as an API server has requests in hand.
  private static let clients = 16
  private static let valueSize = 500
  /// Writes while a watch is timed, a second.
  private static let watchedRate = 200
  private static let watchedWrites = 600

  let objects: Int
  let open: @Sendable () async throws -> any RevisionedStore

  func measure() async throws -> [Figure] {
    var figures: [Figure] = []
    let store = try await open()
    let idle = residentMemory()

    let creates = try await timed(count: objects) { number in
      try await store.commit(
        [.put(key: Self.key(number), value: Self.value(number))],
        where: [.modRevision(key: Self.key(number), equals: 0)])
    }
    figures += creates.figures("create")
    figures += try await timed(count: objects) { number in
      guard try await store.get(Self.key(number * 7919 % objects)) != nil else { throw Self.lost(number) }
    }.figures("get")
    figures += try await timed(count: objects / 2) { number in
      try await store.put(Self.key(number * 7919 % objects), Self.value(number))
    }.figures("update")

    var lists: [Double] = []
    for _ in 0..<5 {
      let began = Clock.monotonic
      guard try await store.list(prefix: "/registry/").count == objects else { throw Self.lost(0) }
      lists.append(Self.milliseconds(since: began))
    }
    figures.append(Figure(name: "list_ms", value: lists.sorted()[2]))
    var pages: [Double] = []
    for _ in 0..<3 {
      let began = Clock.monotonic
      var page = try await store.range(prefix: "/registry/", limit: 500)
      while let after = page.continuation {
        page = try await store.range(prefix: "/registry/", after: after, limit: 500, at: page.revision)
      }
      pages.append(Self.milliseconds(since: began))
    }
    figures.append(Figure(name: "pages_ms", value: pages.sorted()[1]))
    figures += try await watch(store)
    figures.append(Figure(name: "memory_mb", value: residentMemory() - idle))

    await store.close()
    let began = Clock.monotonic
    let again = try await open()
    guard try await again.list(prefix: "/registry/").count == objects else { throw Self.lost(0) }
    figures.append(Figure(name: "open_and_list_ms", value: Self.milliseconds(since: began)))
    await again.close()
    return figures
  }

  /// Runs `count` operations, as many at a time as there are clients.
  private func timed(count: Int, _ body: @escaping @Sendable (Int) async throws -> Void) async throws -> Samples {
    let numbers = Numbers()
    let began = Clock.monotonic
    let times = try await withThrowingTaskGroup(of: [Double].self) { group in
      for _ in 0..<Self.clients {
        group.addTask {
          var times: [Double] = []
          while true {
            let number = numbers.next()
            guard number < count else { return times }
            let began = Clock.monotonic
            try await body(number)
            times.append(Self.milliseconds(since: began))
          }
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    return Samples(milliseconds: times.sorted(), total: Self.milliseconds(since: began))
  }

  /// From the call of a write to its event, at a steady rate.
  private func watch(_ store: any RevisionedStore) async throws -> [Figure] {
    let watch = store.watch(prefix: "/registry/", from: try await store.revision() + 1)
    let began = Beginnings()
    let reading = Task {
      var times: [Double] = []
      for try await batch in watch {
        for event in batch.events {
          guard let start = began[event.key] else { continue }
          times.append(Self.milliseconds(since: start))
        }
        if times.count == Self.watchedWrites { break }
      }
      return times.sorted()
    }
    let start = Clock.monotonic
    for number in 0..<Self.watchedWrites {
      let due = start + Int64(number) * 1_000_000_000 / Int64(Self.watchedRate)
      if due > Clock.monotonic { try await Task.sleep(for: .nanoseconds(due - Clock.monotonic)) }
      let key = "/registry/events/default/watched-\(number)"
      began.note(key)
      try await store.put(key, Self.value(number))
    }
    let times = try await reading.value
    watch.cancel()
    for number in 0..<Self.watchedWrites { try await store.delete("/registry/events/default/watched-\(number)") }
    return [
      Figure(name: "watch_p50_ms", value: times[times.count / 2]),
      Figure(name: "watch_p99_ms", value: times[times.count * 99 / 100]),
    ]
  }

  private final class Numbers: Sendable {
    private let count = Mutex(-1)
    func next() -> Int {
      count.withLock { count in
        count += 1
        return count
      }
    }
  }

  /// When the write of a key began.
  private final class Beginnings: Sendable {
    private let times = Mutex<[String: Int64]>([:])
    func note(_ key: String) { times.withLock { $0[key] = Clock.monotonic } }
    subscript(key: String) -> Int64? { times.withLock { $0[key] } }
  }

  private struct Samples {
    let milliseconds: [Double]
    let total: Double

    func figures(_ name: String) -> [Figure] {
      [
        Figure(name: "\(name)s_per_s", value: Double(milliseconds.count) / total * 1000),
        Figure(name: "\(name)_p50_ms", value: milliseconds[milliseconds.count / 2]),
        Figure(name: "\(name)_p99_ms", value: milliseconds[milliseconds.count * 99 / 100]),
      ]
    }
  }

  private static func key(_ number: Int) -> String { "/registry/configmaps/default/object-\(number)" }

  private static func value(_ number: Int) -> [UInt8] {
    (0..<valueSize).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ number) }
  }

  private static func milliseconds(since began: Int64) -> Double { Double(Clock.monotonic - began) / 1_000_000 }

  private static func lost(_ number: Int) -> StoreError {
    StoreError(.failed, "the store has not what was put into it: object \(number)")
  }

  /// In MB.
  private func residentMemory() -> Double {
    guard let text = try? FileSystem.readText("/proc/self/statm") else { return 0 }
    let pages = text.split(separator: " ")
    return pages.count > 1 ? Double(Int(pages[1]) ?? 0) * 4096 / 1_000_000 : 0
  }
}
