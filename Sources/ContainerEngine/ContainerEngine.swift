import AsyncWork
import ContainerRuntime
import FoundationEssentials
import ImageStore
import KeyValueStore
import Linux
import NetworkDrivers
import NetworkModel
import Synchronization

/// The one service over containers, images, networks and volumes. Both doors (Docker's API, Kubernetes' node agent) call
/// it; it knows neither.
///
/// Crash-only: the truth is the store, the kernel and the monitors' files. Starting is recovering, and there is no other
/// way to start.
public final class ContainerEngine: Sendable {
  public let configuration: EngineConfiguration
  /// Stays the same for the life of the data directory.
  public let id: String
  public let images: ImageStore
  public let volumes: VolumeStore
  public let events = EventBus()
  public let network: NetworkController
  public let runtime: ContainerRuntime
  let names = ContainerNames()
  let store: any KeyValueStore
  let pool: BlockingPool
  let table = ContainerTable()
  private let lock: DirectoryLock
  let execs = Mutex<[String: ExecSession]>([:])
  /// Work that nobody waits for.
  struct BackgroundTasks: Sendable {
    var running: [UInt64: Task<Void, Never>] = [:]
    var next: UInt64 = 0
  }
  let background = Mutex(BackgroundTasks())
  /// What recovery found and leaves until the API is up.
  struct Unsettled: Sendable {
    struct Ended: Sendable {
      let container: Container
      let exit: ContainerExit
      /// When the run began that ended.
      let started: Int64
    }
    let containers: [Container]
    let ended: [Ended]
    let alive: Set<String>
  }
  let unsettled = Mutex<Unsettled?>(nil)
  /// Nanoseconds since 1970 when this process took over.
  public let started = Clock.realtime

  static let recordPrefix = "containers/"

  init(
    configuration: EngineConfiguration, id: String, images: ImageStore, volumes: VolumeStore,
    network: NetworkController, runtime: ContainerRuntime, store: any KeyValueStore, pool: BlockingPool,
    lock: DirectoryLock
  ) {
    self.configuration = configuration
    self.id = id
    self.images = images
    self.volumes = volumes
    self.network = network
    self.runtime = runtime
    self.store = store
    self.pool = pool
    self.lock = lock
  }

  // MARK: containers

  /// Newest first.
  public func containers() -> [ContainerRecord] { table.all().map(\.record) }

  /// By name, id, or the beginning of an id that only one container has.
  public func container(_ reference: String) throws(EngineError) -> ContainerRecord {
    try table.find(reference).record
  }

  /// Puts a container's record on disk as it is when its turn comes: of two writers the later one never puts back what
  /// the earlier one has changed. When this returns it is durable. A container that is forgotten stays so.
  func save(_ container: Container) async throws(EngineError) {
    do {
      try await container.saving.withLock {
        if !container.isForgotten { try await put(container.record) }
      }
    } catch { throw EngineError.wrap(error) }
  }

  /// Writes one record. `Container.saving` is held, or nobody else knows the container yet.
  func put(_ record: ContainerRecord) async throws {
    try await store.put(Self.recordPrefix + record.id, Array(try JSONEncoder().encode(record)))
  }

  /// Saves where nobody can be told about a failure: in the background the record is right in memory, and recovery
  /// would find the same truth again.
  func saveOrWarn(_ container: Container) async {
    do { try await save(container) } catch {
      Log.error("container \(container.record.shortID): cannot save its state: \(error)")
    }
  }

  /// Tells the listeners what happened to a container, with docker's attributes.
  func publish(_ record: ContainerRecord, _ action: String, _ more: [String: String] = [:]) {
    var attributes = record.definition.labels
    attributes["image"] = record.definition.image
    attributes["name"] = record.name
    attributes.merge(more) { $1 }
    events.publish(Event(.container, action, actor: record.id, attributes: attributes))
  }

  /// Tells that a container joined or left a network.
  /// - Parameter driver: the network's, where that may be gone already.
  func publish(_ endpoint: ContainerEndpoint, _ action: String, container id: String, driver: String? = nil) {
    let driver = driver ?? self.driver(of: endpoint)
    events.publish(
      Event(
        .network, action, actor: endpoint.networkID,
        attributes: ["container": id, "name": endpoint.networkName, "type": driver]))
  }

  /// The driver of an endpoint's network; empty where there is no such network any more.
  func driver(of endpoint: ContainerEndpoint) -> String { network.network(endpoint.networkID)?.driver.rawValue ?? "" }

  /// `<data-dir>/containers/ID`: what must outlive the host's restart.
  func dataDirectory(of id: String) -> String { "\(configuration.dataDirectory)/containers/\(id)" }

  /// Starts work that nobody waits for and that ends with the engine.
  func spawn(_ body: @escaping @Sendable () async -> Void) {
    background.withLock { tasks in
      tasks.next += 1
      let key = tasks.next
      tasks.running[key] = Task {
        await body()
        _ = background.withLock { $0.running.removeValue(forKey: key) }
      }
    }
  }
}

extension EngineError {
  /// Gives any failure the engine's shape; one that has it already stays as it is.
  static func wrap(_ error: any Error) -> EngineError {
    switch error {
    case let error as EngineError: return error
    case let error as StoreError where error.code == .full:
      return EngineError(.internalFailure, error.message, cause: error)
    case let error as SystemError where error.code == .noSpace:
      return EngineError(.internalFailure, "\(error): free some space and try again", cause: error)
    default: return shaped(error)
    }
  }
}
