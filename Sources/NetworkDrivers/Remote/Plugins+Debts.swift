import AsyncWork
import NetworkModel
import Synchronization

/// Calls of a teardown reach their plugin in the end: what it cannot or will not answer is noted, and said again when it
/// answers. Nobody waits for that.
extension Plugins {
  /// How often a plugin may refuse what it is owed. A call that was carried out though nobody heard the answer is refused
  /// for ever.
  private static let patience = 20
  private static let firstPause = Duration.seconds(1)
  /// A plugin that is away is looked for this often at least; trying costs a look into its directory.
  private static let longestAbsence = Duration.seconds(30)
  /// A plugin that is there and refuses is not bothered often.
  private static let longestRefusal = Duration.seconds(600)

  /// Makes a call of a teardown. Where it is not answered, or refused, it is owed.
  /// - Parameters:
  ///   - isRepeatable: whether it does no harm when it is made twice.
  ///   - needsListener: where nobody is there to be told, nothing is owed, and that is an error.
  /// - Throws: where it cannot be noted either.
  func tell(
    _ call: OwedCall, isRepeatable: Bool = true, needsListener: Bool = false, _ patience: Patience
  ) async throws(NetworkError) {
    await payFirst(call.plugin, patience)
    let failure: NetworkError
    do throws(NetworkError) {
      switch try await repeated(call, patience) {
      case .answered: return await settle(call)
      case .failed(_, let error): failure = error
      }
    } catch {
      if needsListener, error.code == .unavailable || error.code == .notFound { throw error }
      // Nobody knows whether it has been carried out.
      if !isRepeatable, error.code == .failed {
        Diagnostics.warn("\(call.about): \(error): it may have been done, and is not said again")
        return
      }
      failure = error
    }
    Diagnostics.warn("\(call.about): \(failure): it is said again when the plugin answers")
    try await debts.add(call)
    keepPaying(call.plugin)
  }

  private func settle(_ call: OwedCall) async { await debts.drop { call.settles($0) } }

  /// Says to a plugin what it is owed from before, so that it understands what it is asked next.
  func payFirst(_ plugin: String, _ patience: Patience) async {
    guard debts.owes(plugin) else { return }
    _ = await pay(plugin, patience, again: false)
  }

  private enum Payment { case paid, refused, away, busy }

  /// - Parameter again: also what the plugin has refused before.
  private func pay(_ plugin: String, _ patience: Patience, again: Bool) async -> Payment {
    guard payments.withLock({ $0.busy.insert(plugin).inserted }) else { return .busy }
    defer { payments.withLock { _ = $0.busy.remove(plugin) } }
    for debt in debts.debts(to: plugin) {
      if !again, debt.refusals > 0 { continue }
      // What this very operation has tried already.
      if let tried = debt.tried, tried >= patience.beginning { continue }
      do throws(NetworkError) {
        guard let outcome = try await attempt(debt, patience) else { return .busy }
        switch outcome {
        case .answered:
          Diagnostics.warn("\(debt.call.about): plugin \"\(plugin)\" has answered \(debt.call.method) now")
          await settle(debt.call)
        case .failed(_, let error):
          guard debts.note(debt, isRefused: true) >= Self.patience else { continue }
          Diagnostics.warn("\(debt.call.about): \(error): it is not said again: look after the plugin's own state")
          await debts.drop { $0.isSame(as: debt.call) }
        }
      } catch {
        _ = debts.note(debt, isRefused: false)
        return .away
      }
    }
    return debts.owes(plugin) ? .refused : .paid
  }

  /// Nil where addresses are being asked for: an address that is given back in the same moment could be the one that is
  /// given.
  private func attempt(
    _ debt: PluginDebts.Debt, _ patience: Patience
  ) async throws(NetworkError) -> Outcome<PluginAnswer.Nothing>? {
    guard debt.call.kind == .ipamDriver else { return try await repeated(debt.call, patience) }
    let plugin = debt.call.plugin
    do {
      return try await addressLocks.withLock(plugin) {
        guard payments.withLock({ $0.taking[plugin] ?? 0 == 0 }) else { return nil }
        // It may have been given to us anew meanwhile.
        guard debts.debts(to: plugin).contains(where: { $0.key == debt.key }) else { return .answered(.init()) }
        return try await repeated(debt.call, patience)
      }
    } catch { throw error as? NetworkError ?? NetworkError(.failed, "\(error)", cause: error) }
  }

  /// Asks for an address or a pool. What the plugin gives is not owed to it any more, whatever it was told before: it has
  /// forgotten that somebody had it.
  /// - Parameter given: the call that would give back what was given.
  func take<Given: Sendable>(
    from plugin: String, given: (Given) throws(NetworkError) -> OwedCall,
    _ body: () async throws(NetworkError) -> Given
  ) async throws(NetworkError) -> Given {
    func take() async throws(NetworkError) -> Given {
      let taken = try await body()
      if debts.owes(plugin) {
        let back = try given(taken)
        await debts.drop { back.settles($0) }
      }
      return taken
    }
    payments.withLock { $0.taking[plugin, default: 0] += 1 }
    defer {
      payments.withLock { payments in
        let count = (payments.taking[plugin] ?? 1) - 1
        payments.taking[plugin] = count == 0 ? nil : count
      }
    }
    guard debts.owes(plugin) else { return try await take() }
    do { return try await addressLocks.withLock(plugin) { try await take() } } catch {
      throw error as? NetworkError ?? NetworkError(.failed, "\(error)", cause: error)
    }
  }

  // MARK: time

  /// Reads what is owed from before this start, and begins to say it.
  func payDebts() async throws {
    try await debts.load()
    for plugin in debts.creditors { keepPaying(plugin, at: .now) }
  }

  /// Says what a plugin is owed until it has heard all of it.
  private func keepPaying(_ plugin: String, at time: ContinuousClock.Instant? = nil) {
    let next = time ?? .now + Self.firstPause
    payments.withLock { payments in
      if payments.isStopped { return }
      if payments.payers[plugin] == nil {
        payments.payers[plugin] = Payer(next: next)
        payments.payers[plugin]?.task = Task { [weak self] in await self?.payOff(plugin) }
      } else {
        let earlier = min(next, payments.payers[plugin]?.next ?? next)
        payments.payers[plugin]?.next = earlier
        payments.payers[plugin]?.nap?.cancel()
      }
    }
  }

  /// Waits until the plugin's turn has come.
  /// - Returns: false where nothing is owed any more, or everything ends.
  private func napEnds(_ plugin: String) async -> Bool {
    while true {
      let nap: Task<Void, Never>? = payments.withLock { payments in
        guard !payments.isStopped, debts.owes(plugin), let payer = payments.payers[plugin] else {
          payments.payers[plugin] = nil
          return nil
        }
        let next = payer.next
        let nap = Task { do { try await Task.sleep(until: next, clock: .continuous) } catch { return } }
        payments.payers[plugin]?.nap = nap
        return nap
      }
      guard let nap else { return false }
      await nap.value
      let isDue = payments.withLock { payments in
        payments.payers[plugin]?.nap = nil
        return payments.payers[plugin].map { $0.next <= .now } ?? true
      }
      if isDue { return true }
    }
  }

  private func payOff(_ plugin: String) async {
    var pause = Self.firstPause
    while await napEnds(plugin) {
      switch await pay(plugin, Patience(connecting: .zero, request: request), again: true) {
      case .paid, .busy: pause = Self.firstPause
      case .away: pause = min(pause * 2, Self.longestAbsence)
      case .refused: pause = min(pause * 2, Self.longestRefusal)
      }
      let next = ContinuousClock.now + pause
      payments.withLock { $0.payers[plugin]?.next = next }
    }
  }

  /// Lets it all be; it is on disk.
  func stopPaying() {
    payments.withLock { payments in
      payments.isStopped = true
      for payer in payments.payers.values {
        payer.nap?.cancel()
        payer.task?.cancel()
      }
    }
  }
}

/// Who says to a plugin what it is owed.
struct Payer {
  /// When it is tried next.
  var next: ContinuousClock.Instant
  var task: Task<Void, Never>?
  var nap: Task<Void, Never>?
}

/// What is under way of what plugins are owed.
struct Payments {
  var payers: [String: Payer] = [:]
  /// Plugins to which something is being said.
  var busy: Set<String> = []
  /// How many addresses and pools are being asked for, by the plugin's name.
  var taking: [String: Int] = [:]
  var isStopped = false
}
