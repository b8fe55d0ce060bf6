import KeyValueStore
import Synchronization

/// One call on one key, as its client saw it.
struct RecordedCall: Sendable {
  enum Request: Sendable, Equatable {
    case get
    case put(UInt8)
    /// A put where the key's revision is this one; 0 where it is absent.
    case swap(Int64, UInt8)
    case delete
  }
  enum Answer: Sendable, Equatable {
    /// What was there; nil for nothing.
    case found(Held?)
    /// The revision that the store answered with.
    case done(Int64)
    /// What was there instead.
    case conflict(Held?)
  }
  /// What a key holds.
  struct Held: Sendable, Hashable {
    var value: UInt8
    var revision: Int64
  }

  let key: String
  let request: Request
  /// Points of one count that goes up with each beginning and each end: calls whose spans do not overlap came one after
  /// the other.
  let began: Int
  let ended: Int
  let answer: Answer
}

/// Records what several clients do to a few keys at a time.
struct HistoryRecorder {
  var keys = 3
  var clients = 6
  /// Of each client.
  var calls = 60
  var seed = UInt64.random(in: 1 ... .max)

  func record(_ store: any KeyValueStore) async throws -> [RecordedCall] {
    let count = Ticks()
    return try await withThrowingTaskGroup(of: [RecordedCall].self) { group in
      for client in 0..<clients {
        group.addTask { try await history(of: client, store, count) }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
  }

  private func history(of client: Int, _ store: any KeyValueStore, _ count: Ticks) async throws -> [RecordedCall] {
    var random = SeededGenerator(seed: seed &+ UInt64(client))
    // What this client last saw of each key; often, but not always, it is still so.
    var seen: [String: Int64] = [:]
    var history: [RecordedCall] = []
    for _ in 0..<calls {
      let key = "k\(Int.random(in: 0..<keys, using: &random))"
      let value = UInt8.random(in: 0...255, using: &random)
      let request: RecordedCall.Request =
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<4: .get
        case 4..<6: .put(value)
        case 6..<9: .swap(seen[key] ?? 0, value)
        default: .delete
        }
      let began = count.next()
      let answer = try await carryOut(request, key, store)
      history.append(RecordedCall(key: key, request: request, began: began, ended: count.next(), answer: answer))
      switch answer {
      case .found(let held), .conflict(let held): seen[key] = held?.revision ?? 0
      case .done(let revision): seen[key] = request == .delete ? 0 : revision
      }
    }
    return history
  }

  private func carryOut(
    _ request: RecordedCall.Request, _ key: String, _ store: any KeyValueStore
  ) async throws -> RecordedCall.Answer {
    do throws(StoreError) {
      switch request {
      case .get: return .found(try await store.get(key).map(Self.held))
      case .put(let value): return .done(try await store.put(key, [value]))
      case .swap(let revision, let value):
        let precondition = Precondition.modRevision(key: key, equals: revision)
        return .done(try await store.commit([.put(key: key, value: [value])], where: [precondition]))
      case .delete: return .done(try await store.delete(key))
      }
    } catch {
      if let conflict = error.conflict { return .conflict(conflict.current.map(Self.held)) }
      throw error
    }
  }

  private static func held(_ value: KeyValue) -> RecordedCall.Held {
    RecordedCall.Held(value: value.value.first ?? 0, revision: value.modRevision)
  }

  private final class Ticks: Sendable {
    private let count = Mutex(0)
    func next() -> Int {
      count.withLock { count in
        count += 1
        return count
      }
    }
  }
}
