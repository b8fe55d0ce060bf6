import Addressing
import AsyncWork
import FoundationEssentials
import KeyValueStore
import Linux
import Netlink
import NetworkModel
import Synchronization

/// The networks of one engine: the only door to them.
///
/// All work is done on one owned thread, whose sockets to the kernel stay open; what others may look at is a copy that
/// they read without waiting. Endpoints are noted before anything is made for them and forgotten after all of it is gone,
/// so a process that dies between leaves nothing that nobody owns.
public actor NetworkController {
  /// What there is, for reading.
  struct View: Sendable {
    var networks: [String: NetworkRecord] = [:]
    /// Networks that are being removed: nobody joins them any more.
    var leaving: Set<String> = []
    var endpoints = EndpointTable()
    /// Endpoints that are being taken off, or could not be taken off entirely: their rules are gone and stay so.
    var departing: Set<String> = []
    /// Endpoints that are being made, with their networks, which must not go meanwhile.
    var joining: [String: String] = [:]
  }

  let configuration: NetworkConfiguration
  let store: any KeyValueStore
  private let thread: OwnedThread
  static let threadName = "apus-network"
  nonisolated let view = Mutex(View())
  let drivers: [DriverName: any NetworkDriver]
  /// Held while the set of networks changes.
  let changes = AsyncLock()
  /// Networks that are being made, by name; nil until all is decided.
  var making: [String: NetworkRecord?] = [:]
  /// Held while a sandbox joins or leaves a network.
  let sandboxLocks = KeyedLocks()
  let defaultIPAM = DefaultIPAM()
  let plugins: Plugins
  var remoteIPAMs: [String: RemoteIPAM] = [:]
  /// Plugins that want to be asked whether a network needs a gateway.
  var checksGateways: [String: Bool] = [:]
  var overlay = OverlayState()
  var repairs = RepairState()
  var forwarding = ForwardingState()
  private var services: Services?

  /// What exists once the controller has started.
  struct Services {
    var host: HostNetwork
    var firewall: any Firewall
    var ports: PortPublisher
    var shortcuts: LoopbackShortcuts
    var journal: EndpointJournal
    var sandboxes: SandboxDirectory
    var reaper: LinkReaper
    /// What becomes of the host's links, and of our bridges' settings.
    var links: LinkWatch
    var settings: SettingWatch
  }

  nonisolated public var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

  /// - Parameter store: where networks are kept, under `network/`.
  /// - Throws: where no thread can be started.
  public init(configuration: NetworkConfiguration, store: any KeyValueStore, pool: BlockingPool) async throws {
    self.configuration = configuration
    self.store = store
    plugins = Plugins(configuration, store: store, pool: pool)
    thread = try OwnedThread(name: Self.threadName)
    let all: [any NetworkDriver] = [
      BridgeDriver(instance: configuration.instance), HostDriver(), NoneDriver(),
      MacvlanDriver(instance: configuration.instance), OverlayDriver(instance: configuration.instance),
    ]
    drivers = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
  }

  deinit { thread.stop() }

  // MARK: reading

  /// All networks, by name.
  nonisolated public func networks() -> [NetworkRecord] {
    view.withLock { $0.networks.values.sorted { ($0.name, $0.id) < ($1.name, $1.id) } }
  }

  /// The network with this name, id or unambiguous beginning of an id; nil when there is none.
  nonisolated public func network(_ reference: String) -> NetworkRecord? {
    view.withLock { view in
      if let exact = view.networks[reference] { return exact }
      // A network of the cluster may have the name of one that was made here before.
      let named = view.networks.values.filter { $0.name == reference }
      if let named = named.first(where: { $0.overlay == nil }) ?? named.first { return named }
      guard !reference.isEmpty else { return nil }
      let matches = view.networks.values.filter { $0.id.hasPrefix(reference) }
      return matches.count == 1 ? matches.first : nil
    }
  }

  /// The endpoints of a sandbox, in the order of their links.
  nonisolated public func endpoints(of sandbox: String) -> [EndpointRecord] { shown(allEndpoints(of: sandbox)) }

  /// The same with the engine's own.
  nonisolated func allEndpoints(of sandbox: String) -> [EndpointRecord] {
    view.withLock { $0.endpoints.of(sandbox: sandbox) }.sorted { $0.interface < $1.interface }
  }

  /// The endpoints on a network, by name.
  nonisolated public func endpoints(on network: String) -> [EndpointRecord] {
    view.withLock { $0.endpoints.on(network: network) }.sorted { ($0.name, $0.id) < ($1.name, $1.id) }
  }

  /// Whether no endpoint is on a network.
  nonisolated func isUnused(_ network: String) -> Bool { view.withLock { $0.endpoints.isEmpty(network: network) } }

  func running() throws(NetworkError) -> Services {
    guard let services else { throw NetworkError(.unavailable, "networks have not been started") }
    return services
  }

  func setServices(_ services: Services) { self.services = services }

  nonisolated func driver(of network: NetworkRecord) throws(NetworkError) -> any NetworkDriver {
    if let remote = network.remote { return RemoteDriver(name: network.driver, scope: remote.scope) }
    guard let driver = drivers[network.driver] else {
      throw NetworkError(.notFound, "could not find a driver named \(network.driver.rawValue)")
    }
    return driver
  }

  /// What the rules are made with.
  nonisolated public var firewallBackend: FirewallBackend { configuration.firewallBackend }

  // MARK: sandboxes

  /// Makes a sandbox: a network namespace with loopback and nothing else. One with this id that is there is used as it is.
  /// - Returns: the path of the namespace.
  public func createSandbox(id: String) async throws -> String {
    let services = try running()
    if try services.sandboxes.open(id) != nil { return services.sandboxes.path(id) }
    // A plain file under this name is from before the last boot.
    try services.sandboxes.remove(id)
    try services.sandboxes.create(id)
    return services.sandboxes.path(id)
  }

  /// Where a sandbox's namespace is pinned, whether it exists or not.
  nonisolated public func sandboxPath(_ id: String) -> String { "\(configuration.runDirectory)/netns/\(id)" }

  /// Takes a sandbox off all its networks and lets its namespace go. Every step is tried; what is gone already is no
  /// error.
  public func releaseSandbox(_ id: String) async throws {
    let services = try running()
    try await sandboxLocks.withLock(id) {
      var errors = ErrorList()
      for endpoint in allEndpoints(of: id) {
        do { try await leave(endpoint, services, sandboxGoes: true) } catch { errors.append(error) }
      }
      errors.attempt { try services.sandboxes.remove(id) }
      try errors.throwIfAny("sandbox \(id)")
    }
  }
}
