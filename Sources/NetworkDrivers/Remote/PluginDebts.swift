import FoundationEssentials
import KeyValueStore
import NetworkModel
import Synchronization

/// What plugins are owed, on disk, oldest first.
final class PluginDebts: Sendable {
  /// One owed call.
  struct Debt: Sendable {
    /// In the store.
    var key: String
    var call: OwedCall
    /// How often the plugin has refused it.
    var refusals = 0
    /// When it was last tried since this start.
    var tried: ContinuousClock.Instant?
  }
  private struct State {
    var debts: [Debt] = []
    var next: UInt64 = 0
  }
  private static let prefix = "plugin-call/"
  private let state = Mutex(State())
  private let store: any KeyValueStore

  init(_ store: any KeyValueStore) { self.store = store }

  /// Reads what an engine before this one has left.
  func load() async throws {
    let entries = try await store.list(prefix: Self.prefix)
    var debts: [Debt] = []
    for entry in entries {
      do {
        debts.append(Debt(key: entry.key, call: try JSONDecoder().decode(OwedCall.self, from: Data(entry.value))))
      } catch { Diagnostics.warn("what a plugin is owed is not known: the store's record \(entry.key): \(error)") }
    }
    let last = entries.last.flatMap { UInt64($0.key.dropFirst(Self.prefix.utf8.count)) } ?? 0
    let read = debts
    state.withLock { state in
      state.debts = read
      state.next = last + 1
    }
  }

  /// The plugins that are owed anything.
  var creditors: Set<String> { state.withLock { Set($0.debts.map(\.call.plugin)) } }

  /// Whether a plugin is owed anything.
  func owes(_ plugin: String) -> Bool { state.withLock { $0.debts.contains { $0.call.plugin == plugin } } }

  /// What a plugin is owed.
  func debts(to plugin: String) -> [Debt] { state.withLock { $0.debts.filter { $0.call.plugin == plugin } } }

  /// Notes a call. When this returns it is on disk.
  func add(_ call: OwedCall) async throws(NetworkError) {
    let number: UInt64? = state.withLock { state in
      if state.debts.contains(where: { $0.call.isSame(as: call) }) { return nil }
      defer { state.next += 1 }
      return state.next
    }
    guard let number else { return }
    let digits = String(number)
    let key = Self.prefix + String(repeating: "0", count: 20 - digits.utf8.count) + digits
    do { try await store.put(key, Array(try JSONEncoder().encode(call))) } catch {
      throw NetworkError(
        .failed, "\(call.about): plugin \"\(call.plugin)\" is owed \(call.method), which cannot be noted: \(error)",
        cause: error)
    }
    state.withLock { $0.debts.append(Debt(key: key, call: call, tried: .now)) }
  }

  /// Nothing of these is owed any more.
  func drop(where isMeant: (OwedCall) -> Bool) async {
    let keys = state.withLock { state in
      let keys = state.debts.filter { isMeant($0.call) }.map(\.key)
      state.debts.removeAll { keys.contains($0.key) }
      return keys
    }
    guard !keys.isEmpty else { return }
    do { try await store.commit(keys.map { .delete(key: $0) }) } catch {
      // It is said once more after the next start, and refused then.
      Diagnostics.warn("what was owed to a plugin cannot be struck out: \(error)")
    }
  }

  /// A call was tried.
  /// - Returns: how often it has been refused by now.
  func note(_ debt: Debt, isRefused: Bool) -> Int {
    state.withLock { state in
      guard let index = state.debts.firstIndex(where: { $0.key == debt.key }) else { return 0 }
      state.debts[index].tried = .now
      if isRefused { state.debts[index].refusals += 1 }
      return state.debts[index].refusals
    }
  }
}
