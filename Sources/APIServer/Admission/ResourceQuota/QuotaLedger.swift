import APIMachinery
import ClusterAPI
import KeyValueStore

/// Who may take how much of a namespace's quotas: what is taken is in the quotas' status before the write that takes it
/// happens, by a comparison with the status that was read, so that no two writes ever get the same room.
///
/// Charges that come together are written together: one write of the quotas lets many objects through.
actor QuotaLedger {
  typealias Amounts = [String: ResourceAmounts]

  private enum Entry {
    case charge(QuotaCharge, CheckedContinuation<Result<Amounts, any Error>, Never>)
    /// Given back: the write did not happen.
    case refund(Amounts)
  }

  private struct Book {
    var waiting: [Entry] = []
    var isBusy = false
    /// Writes that were let through and are not over.
    var underway = 0
    /// Counts that wait for those to be over, or are being made.
    var counting = 0
    var counters: [CheckedContinuation<Void, Never>] = []
  }

  /// How often the quotas are read again because somebody else wrote them.
  private static let mostAttempts = 64

  private let store: ClusterStore
  private let quotas: ResourceCache
  private var books: [String: Book] = [:]

  init(_ store: ClusterStore) {
    self.store = store
    quotas = store.cache(of: Self.prefix)
  }

  static let prefix = "\(StorageLayout.root)resourcequotas/"

  /// Whether no namespace has a quota: then nothing is to be done, and nobody has to wait to find that out.
  nonisolated var isEmpty: Bool { quotas.count == 0 }

  nonisolated func hasQuotas(_ namespace: String) -> Bool {
    !isEmpty && !quotas.list(Self.prefix + namespace + "/").objects.isEmpty
  }

  /// Takes what a write needs. Whoever was given something says later what became of the write, by `end`.
  /// - Throws: 403 where there is not enough.
  func spend(_ charge: QuotaCharge, _ namespace: String) async throws -> Amounts {
    let result = await withCheckedContinuation { continuation in
      books[namespace, default: Book()].waiting.append(.charge(charge, continuation))
      work(namespace)
    }
    return try result.get()
  }

  /// A write that was let through is over.
  func end(_ amounts: Amounts, _ namespace: String, isWritten: Bool) {
    guard var book = books[namespace] else { return }
    book.underway -= 1
    // A count that is about to be made sees for itself.
    if !isWritten, book.counting == 0 { book.waiting.append(.refund(amounts)) }
    books[namespace] = book
    resumeCounters(namespace)
    work(namespace)
  }

  /// Runs what counts a namespace's objects anew while no write is under way and none is let through.
  func counting<Value: Sendable>(_ namespace: String, _ body: @Sendable () async throws -> Value) async rethrows
    -> Value
  {
    books[namespace, default: Book()].counting += 1
    if let book = books[namespace], book.isBusy || book.underway > 0 {
      await withCheckedContinuation { books[namespace]?.counters.append($0) }
    }
    defer {
      books[namespace]?.counting -= 1
      work(namespace)
    }
    return try await body()
  }

  private func resumeCounters(_ namespace: String) {
    guard let book = books[namespace], !book.isBusy, book.underway == 0 else { return }
    books[namespace]?.counters = []
    for counter in book.counters { counter.resume() }
  }

  /// Sees to it that somebody works on what waits.
  private func work(_ namespace: String) {
    guard var book = books[namespace], !book.isBusy, book.counting == 0 else { return }
    guard !book.waiting.isEmpty else {
      if book.underway == 0 { books[namespace] = nil }
      return
    }
    let entries = book.waiting
    book.waiting = []
    book.isBusy = true
    books[namespace] = book
    Task {
      let underway = await settle(entries, namespace)
      books[namespace]?.isBusy = false
      books[namespace]?.underway += underway
      resumeCounters(namespace)
      work(namespace)
    }
  }

  /// Enters charges and refunds in the quotas, all in one write.
  /// - Returns: to how many something was given.
  private func settle(_ entries: [Entry], _ namespace: String) async -> Int {
    var failure: any Error = StatusError.conflict(
      GroupResource(group: "", resource: "resourcequotas"), "", "the quotas of \(namespace) change too fast")
    for _ in 0..<Self.mostAttempts {
      let stored = Array(quotas.list(Self.prefix + namespace + "/").objects)
      let (changed, results) = Self.enter(entries, stored.map { Quota($0.object) })
      do {
        try await write(changed, over: stored)
      } catch let error as StoreError where error.code == .conflict {
        do { try await store.settle() } catch {
          failure = error
          break
        }
        continue
      } catch {
        failure = error
        break
      }
      return answer(entries, results)
    }
    _ = answer(entries, entries.map { _ in .failure(failure) })
    return 0
  }

  private static func enter(_ entries: [Entry], _ quotas: [Quota]) -> ([Quota], [Result<Amounts, any Error>]) {
    var quotas = quotas
    let results = entries.map { entry -> Result<Amounts, any Error> in
      switch entry {
      case .charge(let charge, _):
        var after = quotas
        return Result {
          let amounts = try charge.apply(to: &after)
          // A trial takes nothing.
          guard !charge.isDryRun else { return [:] }
          quotas = after
          return amounts
        }
      case .refund(let amounts):
        for index in quotas.indices {
          guard let back = amounts[quotas[index].uid] else { continue }
          let left = quotas[index].used.excess(over: back)
          quotas[index].used = left.keeping(quotas[index].used.names)
        }
        return .success([:])
      }
    }
    return (quotas, results)
  }

  private func write(_ changed: [Quota], over stored: [CachedObject]) async throws {
    var mutations: [Mutation] = []
    var conditions: [Precondition] = []
    for (quota, current) in zip(changed, stored) where quota.used != Quota(current.object).used {
      var status = current.object.value(at: "status")?.objectValue ?? [:]
      status["used"] = quota.used.json
      mutations.append(.put(key: current.key, value: current.object.setting("status", to: .object(status)).bytes))
      conditions.append(.modRevision(key: current.key, equals: current.revision))
    }
    guard !mutations.isEmpty else { return }
    _ = try await store.commit(mutations, where: conditions)
  }

  private func answer(_ entries: [Entry], _ results: [Result<Amounts, any Error>]) -> Int {
    var underway = 0
    for (entry, result) in zip(entries, results) {
      guard case .charge(_, let continuation) = entry else { continue }
      if case .success(let amounts) = result, !amounts.isEmpty { underway += 1 }
      continuation.resume(returning: result)
    }
    return underway
  }
}
