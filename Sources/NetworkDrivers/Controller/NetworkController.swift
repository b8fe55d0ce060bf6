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
    var endpoints: [String: EndpointRecord] = [:]
  }

  let configuration: NetworkConfiguration
  let store: any KeyValueStore
  private let thread: OwnedThread
  nonisolated let view = Mutex(View())
  let drivers: [DriverName: any NetworkDriver]
  var pools: [String: [SubnetAllocator]] = [:]
  private var services: Services?

  /// What exists once the controller has started.
  struct Services {
    var host: HostNetwork
    var firewall: any Firewall
    var ports: PortPublisher
    var journal: EndpointJournal
    var sandboxes: SandboxDirectory
    var reaper: LinkReaper
  }

  nonisolated public var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

  /// - Parameter store: where networks are kept, under `network/`.
  /// - Throws: where no thread can be started.
  public init(configuration: NetworkConfiguration, store: any KeyValueStore, pool: BlockingPool) async throws {
    self.configuration = configuration
    self.store = store
    thread = try OwnedThread(name: "apus-network")
    let all: [any NetworkDriver] = [BridgeDriver(instance: configuration.instance), HostDriver(), NoneDriver()]
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
      if let named = view.networks.values.first(where: { $0.name == reference }) { return named }
      guard !reference.isEmpty else { return nil }
      let matches = view.networks.values.filter { $0.id.hasPrefix(reference) }
      return matches.count == 1 ? matches.first : nil
    }
  }

  /// The endpoints of a sandbox, in the order of their links.
  nonisolated public func endpoints(of sandbox: String) -> [EndpointRecord] {
    view.withLock { $0.endpoints.values.filter { $0.sandboxID == sandbox }.sorted { $0.interface < $1.interface } }
  }

  /// The endpoints on a network, by name.
  nonisolated public func endpoints(on network: String) -> [EndpointRecord] {
    view.withLock {
      $0.endpoints.values.filter { $0.networkID == network }.sorted { ($0.name, $0.id) < ($1.name, $1.id) }
    }
  }

  func running() throws(NetworkError) -> Services {
    guard let services else { throw NetworkError(.unavailable, "networks have not been started") }
    return services
  }

  func setServices(_ services: Services) { self.services = services }

  func driver(of network: NetworkRecord) throws(NetworkError) -> any NetworkDriver {
    guard let driver = drivers[network.driver] else {
      throw NetworkError(.notFound, "could not find a driver named \(network.driver.rawValue)")
    }
    return driver
  }

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
    var errors = ErrorList()
    for endpoint in endpoints(of: id) { do { try await leave(endpoint, services) } catch { errors.append(error) } }
    errors.attempt { try services.sandboxes.remove(id) }
    try errors.throwIfAny("sandbox \(id)")
  }

  // MARK: endpoints

  /// Joins a sandbox to a network: address, link, routes and published ports, all or nothing.
  public func join(
    sandbox: String, network reference: String, options: EndpointOptions
  ) async throws -> EndpointRecord {
    let services = try running()
    guard let network = network(reference) else {
      throw NetworkError(.notFound, "network \(reference) not found")
    }
    let driver = try driver(of: network)
    var endpoint = EndpointRecord(
      id: ObjectID.random(), name: options.name, networkID: network.id, sandboxID: sandbox)
    guard driver.capabilities.hasLinks else {
      try services.journal.put(endpoint)
      view.withLock { $0.endpoints[endpoint.id] = endpoint }
      return endpoint
    }
    if endpoints(of: sandbox).contains(where: { $0.networkID == network.id }) {
      throw NetworkError(
        .forbidden, "endpoint with name \(options.name) already exists in network \(network.name)")
    }
    guard let namespace = try services.sandboxes.open(sandbox) else {
      throw NetworkError(.notFound, "sandbox \(sandbox) not found")
    }
    do {
      try address(&endpoint, options, on: network)
      do {
        endpoint.ports = try services.ports.publish(
          options.ports, to: endpoint.address?.address, endpoint.address6?.address,
          hostBinding: network.bridge?.hostBinding)
      } catch {
        throw Self.programming(endpoint, error)
      }
      try services.journal.put(endpoint)
      let plan = driver.plan(endpoint, on: network)
      try services.host.create(plan, sandbox: namespace)
      try services.firewall.add(plan.firewall)
      try services.ports.open(endpoint.ports)
    } catch {
      // The first error is the reason; what the way back meets is of no use to anyone.
      do { try await leave(endpoint, services) } catch { Diagnostics.warn("after a failed join: \(error)") }
      throw error
    }
    let joined = endpoint
    view.withLock { $0.endpoints[joined.id] = joined }
    return joined
  }

  /// Takes one endpoint off its network.
  public func leave(endpoint id: String) async throws {
    let services = try running()
    guard let endpoint = view.withLock({ $0.endpoints[id] }) else {
      throw NetworkError(.notFound, "endpoint \(id) not found")
    }
    try await leave(endpoint, services)
  }

  /// Undoes a join, or as much of one as there is. Every step is tried.
  func leave(_ endpoint: EndpointRecord, _ services: Services) async throws {
    var errors = ErrorList()
    if let network = network(endpoint.networkID), let driver = drivers[network.driver] {
      let plan = driver.plan(endpoint, on: network)
      // Rules first: no packet shall find its way to the next owner of the address.
      errors.attempt { try services.firewall.remove(plan.firewall) }
      do { try await services.reaper.forget(Self.connections(of: endpoint)) } catch { errors.append(error) }
      do { try await services.reaper.delete(plan.host.links.map(\.name)) } catch { errors.append(error) }
    }
    // While something is left the endpoint stays noted with its address and ports, so that a later try, or a restart,
    // finds it, and nobody else gets them while rules of this one are left.
    if errors.isEmpty {
      services.ports.release(endpoint.ports)
      errors.attempt { try services.journal.remove(endpoint.id) }
      releaseAddresses(of: endpoint)
      view.withLock { $0.endpoints[endpoint.id] = nil }
    }
    try errors.throwIfAny("endpoint \(endpoint.name) (\(endpoint.id))")
  }

  /// Connection tracking would send a client's next UDP packet to an address that nobody has any more.
  private static func connections(of endpoint: EndpointRecord) -> [ConntrackFilter] {
    guard !endpoint.ports.isEmpty else { return [] }
    var filters: [ConntrackFilter] = []
    for address in [endpoint.address.map { IPAddress.v4($0.address) }, endpoint.address6.map { .v6($0.address) }] {
      guard let address else { continue }
      var filter = ConntrackFilter()
      filter.replySource = address
      filters.append(filter)
    }
    return filters
  }

  /// Docker's words around a port that cannot be had.
  private static func programming(_ endpoint: EndpointRecord, _ error: any Error) -> NetworkError {
    NetworkError(
      (error as? NetworkError)?.code ?? .failed,
      "driver failed programming external connectivity on endpoint \(endpoint.name) (\(endpoint.id)): \(error)",
      cause: error)
  }
}
