import KeyValueStore
import Synchronization
import Testing

/// Many clients at a time see one store; and the checker of that sees stores that are broken.
@Suite("Linearizability", .serialized)
struct LinearizabilityTests {
  @Test(.timeLimit(.minutes(2)), arguments: engines) func historiesAreLinearizable(_ engine: Engine) async throws {
    for _ in 0..<(engine == .etcd ? 3 : 20) {
      try await engine.withStore { store in
        let recorder = HistoryRecorder()
        let history = try await recorder.record(store)
        #expect(history.count == recorder.clients * recorder.calls)
        #expect(Linearizability.violations(history).isEmpty, "seed \(recorder.seed)")
      }
    }
  }

  /// A store with a fault that shows now and then.
  final class BrokenStore: KeyValueStore {
    enum Fault: CaseIterable { case staleRead, lostWrite, carelessSwap, wrongConflict, repeatedRevision }
    private struct State {
      var calls = 0
      var old: [String: KeyValue?] = [:]
    }
    private let good = MemoryStore()
    private let fault: Fault
    private let state = Mutex(State())

    init(_ fault: Fault) { self.fault = fault }

    private var isBad: Bool {
      state.withLock { state in
        state.calls += 1
        return state.calls % (fault == .wrongConflict ? 2 : 7) == 0
      }
    }

    func revision() async throws(StoreError) -> Int64 { try await good.revision() }

    func get(_ key: String) async throws(StoreError) -> KeyValue? {
      let value = try await good.get(key)
      guard fault == .staleRead else { return value }
      let isBad = isBad
      return state.withLock { state in
        if isBad, let old = state.old[key] { return old }
        state.old[key] = .some(value)
        return value
      }
    }

    func list(prefix: String) async throws(StoreError) -> [KeyValue] { try await good.list(prefix: prefix) }

    func commit(_ mutations: [Mutation], where preconditions: [Precondition]) async throws(StoreError) -> Int64 {
      switch fault {
      case .lostWrite where !mutations.isEmpty && isBad:
        _ = try await good.commit([], where: preconditions)
        return try await good.commit([.put(key: "elsewhere", value: [])])
      case .carelessSwap where isBad: return try await good.commit(mutations)
      case .repeatedRevision where isBad: return max(1, try await good.commit(mutations, where: preconditions) - 1)
      case .wrongConflict:
        do throws(StoreError) { return try await good.commit(mutations, where: preconditions) } catch {
          guard let conflict = error.conflict, isBad else { throw error }
          let wrong = StoreConflict(precondition: conflict.precondition, current: nil, revision: conflict.revision)
          throw StoreError(.conflict, "", cause: conflict.current == nil ? conflict : wrong)
        }
      default: return try await good.commit(mutations, where: preconditions)
      }
    }

    func close() async { await good.close() }
  }

  @Test(.timeLimit(.minutes(2)), arguments: BrokenStore.Fault.allCases)
  func aBrokenStoreIsFoundOut(_ fault: BrokenStore.Fault) async throws {
    // A fault need not show in each history, but in some of these it does.
    for _ in 0..<10 {
      let history = try await HistoryRecorder().record(BrokenStore(fault))
      if !Linearizability.violations(history).isEmpty { return }
    }
    Issue.record("\(fault) was not found")
  }

  private func call(
    _ request: RecordedCall.Request, _ span: ClosedRange<Int>, _ answer: RecordedCall.Answer
  ) -> RecordedCall {
    RecordedCall(key: "k", request: request, began: span.lowerBound, ended: span.upperBound, answer: answer)
  }

  @Test func smallHistoriesAreJudgedByHand() {
    let one = RecordedCall.Held(value: 1, revision: 1)
    let two = RecordedCall.Held(value: 2, revision: 2)
    let put = call(.put(1), 1...4, .done(1))
    // A read at the same time may come before or after; one that comes later may not.
    #expect(Linearizability.isLinearizable([put, call(.get, 2...3, .found(nil))]))
    #expect(Linearizability.isLinearizable([put, call(.get, 2...3, .found(one))]))
    #expect(!Linearizability.isLinearizable([put, call(.get, 5...6, .found(nil))]))
    #expect(!Linearizability.isLinearizable([put, call(.get, 5...6, .found(two))]))
    // Of two reads, one after the other, the later must not see less.
    #expect(
      !Linearizability.isLinearizable([
        call(.put(1), 1...10, .done(1)), call(.get, 2...3, .found(one)), call(.get, 4...5, .found(nil)),
      ]))
    // One of two swaps of the same revision wins.
    let swaps = [call(.swap(0, 1), 1...4, .done(1)), call(.swap(0, 2), 2...5, .conflict(one))]
    #expect(Linearizability.isLinearizable(swaps))
    #expect(!Linearizability.isLinearizable([swaps[0], call(.swap(0, 2), 2...5, .done(2))]))
    #expect(!Linearizability.isLinearizable([call(.get, 3...4, .found(two))]))
    #expect(
      !Linearizability.revisionsGoUp([call(.put(1), 1...2, .done(2)), call(.put(2), 3...4, .done(1))]))
    #expect(!Linearizability.revisionsGoUp([call(.put(1), 1...4, .done(2)), call(.put(2), 2...3, .done(2))]))
  }
}
