import Testing

@testable import KeyValueStore

/// Every engine beside the model: random transactions, reads of all revisions, compactions and watches must come out the
/// same. A failure prints its seed.
@Suite("Store against its model", .serialized)
struct ModelTests {
  /// What an operation came to, with revisions counted from the store's first of the test.
  private enum Outcome: Equatable {
    case revision(Int64)
    case value(KeyValue?)
    case page(RangePage)
    case refused(StoreError.Code, StoreConflict?)
  }

  private enum Operation {
    case commit([Mutation], [Precondition])
    case get(String, Int64?)
    case range(String, String?, Int?, Int64?)
    case compact(Int64)
  }

  @Test(.timeLimit(.minutes(3)), arguments: [Engine.sqlite, .etcd].filter(\.isThere))
  func theSameComesOut(_ engine: Engine) async throws {
    let seed = UInt64.random(in: 1 ... .max)
    var random = SeededGenerator(seed: seed)
    try await engine.withStore { store in
      let base = try await store.revision()
      let model = MemoryStore()
      let watches = (model: model.watch(prefix: "k/", from: 1), store: store.watch(prefix: "k/", from: base + 1))
      for step in 0..<(engine == .etcd ? 600 : 4000) {
        let operation = Self.operation(&random, newest: try await model.revision())
        // What is not told before a compaction would not be told after it.
        if case .compact = operation {
          try await Self.compare(watches, engine, base: base, "seed \(seed), step \(step)")
        }
        let expected = await Self.carryOut(operation, on: model, base: 0)
        let found = await Self.carryOut(operation, on: store, base: base)
        guard found == expected else {
          Issue.record("seed \(seed), step \(step): \(operation) gives \(found), not \(expected)")
          return
        }
      }
      try await Self.compare(watches, engine, base: base, "seed \(seed), at the end")
      watches.store.cancel()
      await model.close()
    }
  }

  /// Reads what the watches have to tell up to now.
  private static func compare(
    _ watches: (model: StoreWatch, store: StoreWatch), _ engine: Engine, base: Int64, _ place: String
  ) async throws {
    let expected = try await drain(watches.model)
    var found: [WatchBatch] = []
    if engine == .etcd {
      // There is no asking for a mark: as much as the model's.
      while found.count < expected.count, let batch = try await watches.store.next(1).first {
        if !batch.isProgress { found.append(batch) }
      }
    } else {
      found = try await drain(watches.store)
    }
    #expect(found.map { $0.shifted(by: -base) } == expected, "\(place)")
  }

  private static func drain(_ watch: StoreWatch) async throws -> [WatchBatch] {
    watch.requestProgress()
    var batches: [WatchBatch] = []
    while let batch = try await watch.next(1).first, !batch.isProgress { batches.append(batch) }
    return batches
  }

  private static func operation(_ random: inout SeededGenerator, newest: Int64) -> Operation {
    func key(_ random: inout SeededGenerator) -> String {
      "\(["k/", "k", "l/"].randomElement(using: &random) ?? "")\(Int.random(in: 0..<12, using: &random))"
    }
    func past(_ random: inout SeededGenerator) -> Int64? {
      Bool.random(using: &random) ? nil : Int64.random(in: max(0, newest - 30)...newest + 1, using: &random)
    }
    switch Int.random(in: 0..<20, using: &random) {
    case 0..<10:
      var mutations: [Mutation] = []
      for _ in 0..<[0, 1, 1, 1, 1, 1, 2, 5][Int.random(in: 0..<8, using: &random)] {
        let key = key(&random)
        let bytes = (0..<Int.random(in: 0..<40, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
        mutations.append(
          Int.random(in: 0..<4, using: &random) == 0 ? .delete(key: key) : .put(key: key, value: bytes))
      }
      var preconditions: [Precondition] = []
      for _ in 0..<Int.random(in: 0..<3, using: &random) {
        let revision = Bool.random(using: &random) ? 0 : Int64.random(in: max(0, newest - 20)...newest, using: &random)
        let key = mutations.randomElement(using: &random)?.key ?? key(&random)
        preconditions.append(
          Bool.random(using: &random)
            ? .modRevision(key: key, equals: revision) : .createRevision(key: key, equals: revision))
      }
      return .commit(mutations, preconditions)
    case 10..<14: return .get(key(&random), past(&random))
    case 14..<19:
      return .range(
        ["", "k", "k/", "l/", "x"].randomElement(using: &random) ?? "",
        Bool.random(using: &random) ? nil : key(&random),
        Bool.random(using: &random) ? nil : Int.random(in: 0..<10, using: &random), past(&random))
    default: return .compact(max(0, newest - Int64.random(in: 5..<60, using: &random)))
    }
  }

  private static func carryOut(_ operation: Operation, on store: any RevisionedStore, base: Int64) async -> Outcome {
    /// Revision 0 is that of an absent key everywhere.
    func ours(_ revision: Int64) -> Int64 { revision == 0 ? 0 : revision + base }
    do throws(StoreError) {
      switch operation {
      case .commit(let mutations, let preconditions):
        let shifted = preconditions.map { $0.shifted(by: base) }
        return .revision(try await store.commit(mutations, where: shifted) - base)
      case .get(let key, let revision):
        return .value(try await store.get(key, at: revision.map { $0 + base })?.shifted(by: -base))
      case .range(let prefix, let after, let limit, let revision):
        let page = try await store.range(
          prefix: prefix, after: after, limit: limit, at: revision.map { $0 + base }, counting: true)
        return .page(
          RangePage(
            values: page.values.map { $0.shifted(by: -base) }, revision: page.revision - base,
            continuation: page.continuation, remaining: page.remaining))
      case .compact(let revision):
        try await store.compact(upTo: ours(revision))
        return .revision(revision)
      }
    } catch {
      let conflict = error.conflict.map {
        StoreConflict(
          precondition: $0.precondition.shifted(by: -base), current: $0.current?.shifted(by: -base),
          revision: $0.revision - base)
      }
      return .refused(error.code, conflict)
    }
  }
}

extension KeyValue {
  func shifted(by distance: Int64) -> KeyValue {
    KeyValue(
      key: key, value: value, createRevision: createRevision + distance, modRevision: modRevision + distance,
      lease: lease)
  }
}

extension Precondition {
  /// Zero stays: it is absence.
  func shifted(by distance: Int64) -> Precondition {
    switch self {
    case .modRevision(let key, let revision):
      .modRevision(key: key, equals: revision == 0 ? 0 : revision + distance)
    case .createRevision(let key, let revision):
      .createRevision(key: key, equals: revision == 0 ? 0 : revision + distance)
    }
  }
}

extension WatchBatch {
  func shifted(by distance: Int64) -> WatchBatch {
    WatchBatch(
      revision: revision + distance,
      events: events.map {
        StoreEvent(
          key: $0.key, revision: $0.revision + distance, current: $0.current?.shifted(by: distance),
          previous: $0.previous?.shifted(by: distance))
      })
  }
}

/// Random numbers that come again with the same seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
