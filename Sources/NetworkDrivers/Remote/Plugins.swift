import AsyncWork
import FoundationEssentials
import KeyValueStore
import NetworkModel
import Synchronization

/// What a plugin can be.
enum PluginKind: String, Sendable, Codable {
  case networkDriver = "NetworkDriver"
  case ipamDriver = "IpamDriver"
}

/// The plugins of one engine: finds them, activates them, calls them.
///
/// A plugin is looked up whenever it is needed and not known to be there; one that went away is looked up again, so that
/// it may come back anywhere.
final class Plugins: Sendable {
  private struct Active {
    var address: PluginAddress
    var implements: [String]
  }
  private let active = Mutex<[String: Active]>([:])
  private let known = Mutex<[PluginKind: Set<String>]>([:])
  /// When somebody last waited for a plugin in vain. Whatever a teardown has to say to it next need not wait as well.
  private let givenUp = Mutex<[String: ContinuousClock.Instant]>([:])
  private let directory: PluginDirectory
  private let pool: BlockingPool
  private let client: PluginClient
  private let connecting: Duration
  let request: Duration
  /// What plugins could not be told.
  let debts: PluginDebts
  let payments = Mutex(Payments())
  /// Held while an IPAM plugin is told what it is owed, and while it is asked for addresses meanwhile.
  let addressLocks = KeyedLocks()

  /// - Parameter store: where it is noted what plugins are owed.
  init(_ configuration: NetworkConfiguration, store: any KeyValueStore, pool: BlockingPool) {
    debts = PluginDebts(store)
    directory = PluginDirectory(configuration.pluginDirectories)
    self.pool = pool
    client = PluginClient(pool: pool)
    connecting = configuration.pluginConnectTime
    request = configuration.pluginRequestTime
  }

  /// For one operation that begins now.
  func patience() -> Patience { Patience(connecting: connecting, request: request) }

  /// The names of the plugins of a kind that have been seen.
  func names(_ kind: PluginKind) -> Set<String> { known.withLock { $0[kind] ?? [] } }

  /// Makes sure that a plugin is there and is of a kind.
  func activate(_ name: String, as kind: PluginKind, _ patience: Patience) async throws(NetworkError) {
    _ = try await attempt(name, kind, "Plugin.Activate", patience) {
      (_) throws(PluginClient.Failure) in
      (200, [])
    }
  }

  /// Calls `KIND.METHOD`.
  /// - Throws: what the plugin says went wrong, or why it says nothing; the message names plugin and call.
  func call<Answer: Decodable & Sendable>(
    _ name: String, _ kind: PluginKind, _ method: String, _ body: some Encodable & Sendable, _ patience: Patience
  ) async throws(NetworkError) -> Answer {
    try await answer(name, kind, method, body, patience).get()
  }

  /// The same for what a plugin need not have: nil where it says that there is no such call.
  func callIfThere<Answer: Decodable & Sendable>(
    _ name: String, _ kind: PluginKind, _ method: String, _ body: some Encodable & Sendable, _ patience: Patience
  ) async throws(NetworkError) -> Answer? {
    let outcome: Outcome<Answer> = try await answer(name, kind, method, body, patience)
    if case .failed(status: 404, _) = outcome { return nil }
    return try outcome.get()
  }

  /// What a plugin has answered.
  enum Outcome<Answer: Sendable>: Sendable {
    case answered(Answer)
    case failed(status: Int, NetworkError)

    func get() throws(NetworkError) -> Answer {
      switch self {
      case .answered(let answer): return answer
      case .failed(_, let error): throw error
      }
    }
  }

  private func answer<Answer: Decodable & Sendable>(
    _ name: String, _ kind: PluginKind, _ method: String, _ body: some Encodable & Sendable, _ patience: Patience
  ) async throws(NetworkError) -> Outcome<Answer> {
    let bytes: [UInt8]
    do { bytes = Array(try JSONEncoder().encode(body)) } catch {
      throw Self.error(name, "\(kind.rawValue).\(method)", "its arguments cannot be written as JSON: \(error)")
    }
    return try await answer(name, kind, method, bytes: bytes, patience)
  }

  /// Makes a call that was noted.
  func repeated(
    _ call: OwedCall, _ patience: Patience
  ) async throws(NetworkError) -> Outcome<PluginAnswer.Nothing> {
    try await answer(call.plugin, call.kind, call.method, bytes: Array(call.body.utf8), patience)
  }

  private func answer<Answer: Decodable & Sendable>(
    _ name: String, _ kind: PluginKind, _ method: String, bytes: [UInt8], _ patience: Patience
  ) async throws(NetworkError) -> Outcome<Answer> {
    let call = "\(kind.rawValue).\(method)"
    let response = try await attempt(name, kind, call, patience) {
      [client] (address) throws(PluginClient.Failure) in
      try await client.post(call, bytes, to: address, within: patience.request)
    }
    return Self.read(response, name, call)
  }

  private static func read<Answer: Decodable>(
    _ response: (status: Int, body: [UInt8]), _ name: String, _ call: String
  ) -> Outcome<Answer> {
    if let refusal = PluginAnswer.refusal(response.body) {
      return .failed(status: response.status, error(name, call, refusal))
    }
    guard response.status == 200 else {
      let said = PluginAnswer.excerpt(response.body)
      return .failed(
        status: response.status,
        error(name, call, "it answered with status \(response.status)" + (said.isEmpty ? "" : ": \(said)")))
    }
    do { return .answered(try PluginAnswer.decode(response.body)) } catch {
      return .failed(
        status: 200,
        self.error(
          name, call, "its answer makes no sense: \(PluginAnswer.excerpt(response.body))", cause: error))
    }
  }

  /// Runs `body` with the address of an active plugin, again and again while nobody listens there.
  private func attempt(
    _ name: String, _ kind: PluginKind, _ call: String, _ patience: Patience,
    _ body: (PluginAddress) async throws(PluginClient.Failure) -> (status: Int, body: [UInt8])
  ) async throws(NetworkError) -> (status: Int, body: [UInt8]) {
    var pause = Duration.milliseconds(20)
    while true {
      do throws(PluginClient.Failure) {
        let address = try await address(of: name, kind, patience)
        return try await body(address)
      } catch {
        switch error {
        case .failed(let why): throw Self.error(name, call, why)
        case .tooLarge: throw Self.error(name, call, "its answer is larger than \(PluginClient.limit >> 20) MiB")
        case .late:
          let time = patience.request
          patience.wasLate()
          throw Self.error(name, call, "no answer within \(Self.text(time))")
        case .refused(let error): throw error
        case .unreachable(let why):
          active.withLock { $0[name] = nil }
          let justGivenUp = givenUp.withLock { $0[name].map { .now - $0 < .seconds(1) } ?? false }
          if justGivenUp || .now + pause >= patience.deadline {
            givenUp.withLock { $0[name] = .now }
            throw NetworkError(
              .unavailable, "plugin \"\(name)\": \(call): nobody listens there (\(why)): start the plugin")
          }
        }
      }
      do { try await Task.sleep(for: pause) } catch {
        throw NetworkError(.failed, "plugin \"\(name)\": \(call): given up", cause: error)
      }
      pause = min(pause * 2, .seconds(2))
    }
  }

  private func address(
    of name: String, _ kind: PluginKind, _ patience: Patience
  ) async throws(PluginClient.Failure) -> PluginAddress {
    let found: Active
    if let known = active.withLock({ $0[name] }) { found = known } else { found = try await find(name, patience) }
    guard found.implements.contains(kind.rawValue) else {
      throw .refused(
        NetworkError(
          .notFound,
          "plugin \"\(name)\" not found: the one of this name implements \(found.implements.joined(separator: ", ")) "
            + "and not \(kind.rawValue)"))
    }
    return found.address
  }

  private struct Manifest: Decodable, Sendable {
    var Implements: [String]?
  }

  private func find(_ name: String, _ patience: Patience) async throws(PluginClient.Failure) -> Active {
    let address: PluginAddress?
    do { address = try await pool.run { [directory] in try directory.find(name) } } catch {
      throw .refused(error as? NetworkError ?? NetworkError(.failed, "plugin \"\(name)\": \(error)", cause: error))
    }
    guard let address else {
      // One that was there a moment ago is being started anew; one that never was is a mistake of whoever named it.
      let wasThere = known.withLock { $0.values.contains { $0.contains(name) } }
      throw wasThere
        ? .unreachable("its socket is gone") : .refused(NetworkError(.notFound, "plugin \"\(name)\" not found"))
    }
    let call = "Plugin.Activate"
    let response = try await client.post(call, [], to: address, within: patience.request)
    let outcome: Outcome<Manifest> = Self.read(response, name, call)
    let manifest: Manifest
    do throws(NetworkError) { manifest = try outcome.get() } catch { throw .refused(error) }
    let found = Active(address: address, implements: manifest.Implements ?? [])
    active.withLock { $0[name] = found }
    known.withLock { known in
      for kind in found.implements.compactMap(PluginKind.init(rawValue:)) { known[kind, default: []].insert(name) }
    }
    return found
  }

  private static func error(_ name: String, _ call: String, _ why: String, cause: (any Error)? = nil) -> NetworkError {
    NetworkError(.failed, "plugin \"\(name)\": \(call): \(why)", cause: cause)
  }

  private static func text(_ time: Duration) -> String {
    let milliseconds = time.components.seconds * 1000 + time.components.attoseconds / 1_000_000_000_000_000
    return milliseconds % 1000 == 0 ? "\(milliseconds / 1000) s" : "\(milliseconds) ms"
  }
}
