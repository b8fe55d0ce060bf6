import AsyncWork
import ContainerRuntime
import FoundationEssentials
import ImageStore
import KeyValueStore
import Linux
import NetworkDrivers
import NetworkModel
import Synchronization

extension ContainerEngine {
  /// Opens an engine on its directories. Starting is recovering: the store tells what should be, the kernel and the
  /// monitors' files tell what is, and the difference is settled here.
  public static func open(
    _ configuration: EngineConfiguration, images imageConfiguration: ImageStoreConfiguration,
    network networkConfiguration: NetworkConfiguration
  ) async throws -> ContainerEngine {
    let pool = try BlockingPool(name: "apus-io")
    let data = configuration.dataDirectory
    let run = configuration.runDirectory
    let lock = try await pool.run {
      // 0711: a container's user that was given a path inside must be able to pass, and nobody to look around.
      try FileSystem.makeDirectories(data, mode: 0o711)
      try FileSystem.makeDirectories(run, mode: 0o711)
      try FileSystem.makeDirectories(data + "/containers", mode: 0o710)
      return try DirectoryLock(data)
    }
    // The parts do not need each other yet: the images' index is read while the store opens and the network looks around.
    let imageStore = Task { try await ImageStore(configuration: imageConfiguration, pool: pool) }
    let store = try await SQLiteStore(path: data + "/engine.db", past: .recent)
    let isFresh = try await store.revision() == 0
    let id = try await engineID(store)
    let volumes = try await VolumeStore(directory: data + "/volumes", store: store, pool: pool)
    let reactor = try Reactor()
    var runtimeConfiguration = ContainerRuntime.Configuration(runDirectory: run, dataDirectory: data)
    runtimeConfiguration.defaultRuntime = configuration.defaultRuntime
    runtimeConfiguration.runtimes = configuration.runtimes
    let settled = runtimeConfiguration
    let runtimeReady = Task { try await pool.run { try ContainerRuntime(settled, pool: pool, reactor: reactor) } }
    let network = try await NetworkController(configuration: networkConfiguration, store: store, pool: pool)
    let images = try await imageStore.value
    let runtime = try await runtimeReady.value
    let engine = ContainerEngine(
      configuration: configuration, id: id, images: images,
      volumes: volumes, network: network, runtime: runtime, store: store, pool: pool, lock: lock)
    try await engine.recover(isFresh: isFresh)
    engine.spawn { await network.keepFirewall(on: reactor) }
    engine.spawn { await network.keepLinks(on: reactor) }
    return engine
  }

  private static func engineID(_ store: any KeyValueStore) async throws -> String {
    if let known = try await store.get("engine/id") { return String(decoding: known.value, as: UTF8.self) }
    var bytes = (0..<16).map { _ in UInt8.random(in: 0...255) }
    bytes[6] = bytes[6] & 0x0F | 0x40
    bytes[8] = bytes[8] & 0x3F | 0x80
    let digits = bytes.map { byte in
      let text = String(byte, radix: 16)
      return text.count == 1 ? "0" + text : text
    }.joined()
    var id = ""
    for (index, digit) in digits.enumerated() {
      if [8, 12, 16, 20].contains(index) { id += "-" }
      id.append(digit)
    }
    try await store.put("engine/id", Array(id.utf8))
    return id
  }

  /// Takes over what a former engine left: adopts what runs, settles what ended, finishes what was half removed, and
  /// clears away what belongs to nobody.
  ///
  /// - Parameter isFresh: the store was made just now. Then nothing is cleared away: directories that a fresh store does
  ///   not know are the content of a lost one.
  func recover(isFresh: Bool) async throws {
    for entry in try await store.list(prefix: Self.recordPrefix) {
      let record: ContainerRecord
      do { record = try JSONDecoder().decode(ContainerRecord.self, from: Data(entry.value)) } catch {
        Log.error("the record \(entry.key) cannot be read and is left alone: \(error)")
        continue
      }
      table.insert(Container(record))
    }
    let containers = table.all()
    let found = Dictionary(uniqueKeysWithValues: try await runtime.recover().map { ($0.id, $0.state) })
    var alive: Set<String> = []
    var changed: Set<String> = []
    var settled: [Unsettled.Ended] = []
    for container in containers {
      let state = container.record.state
      func settle(_ exit: ContainerExit) {
        settled.append(.init(container: container, exit: exit, started: state.started))
      }
      func unknown(_ why: String) -> ContainerExit {
        ContainerExit(id: container.id, exitCode: 255, oomKilled: false, finished: Clock.realtime, lost: why)
      }
      switch found[container.id] {
      case .running(let process, let isPaused):
        alive.insert(container.id)
        if adopt(container, process, isPaused: isPaused) { changed.insert(container.id) }
      case .ended(let exit):
        // A removal that was cut short goes on as one; an end that is on record already is not told again.
        if state.status == .removing || state.status == .dead { break }
        if state.isRunning || max(state.started, state.finished) < exit.finished { settle(exit) }
      case .created:
        // Made and never started: the start was not acknowledged, and giving back its resources undoes it.
        if state.isRunning { settle(unknown("it was made ready and never started")) }
      case nil:
        // The host restarted.
        if state.isRunning { settle(unknown("its monitor's files are gone with the run directory")) }
      }
    }
    await network.watchMembers { [names] change in names.apply(change) }
    try await network.start(liveSandboxes: alive)
    // Side by side: what each of them writes goes to disk together, and none waits for another's resolver.
    await withTaskGroup(of: Void.self) { group in
      for container in containers where alive.contains(container.id) {
        let isChanged = changed.contains(container.id)
        group.addTask { [self] in await takeOver(container, isChanged: isChanged) }
      }
    }
    listenForExits()
    if !isFresh { await clearStrays(of: Set(found.keys)) }
    unsettled.withLock { $0 = Unsettled(containers: containers, ended: settled, alive: alive) }
  }

  /// Settles what ended while no engine was there, finishes half-done removals and begins the starts that restart
  /// policies ask for. Returns at once. To be called when the API is up: none of this is worth a client's waiting.
  public func settle() {
    guard let unsettled = unsettled.withLock({ unsettled in unsettled.take() }) else { return }
    spawn { [self] in await settleEnded(unsettled.containers, unsettled.ended, alive: unsettled.alive) }
  }

  /// Knows a running container's volumes, endpoints and names again.
  /// - Parameter isChanged: its record is not what the store has.
  private func takeOver(_ container: Container, isChanged: Bool) async {
    for mount in container.record.mounts where mount.kind == .volume {
      // Known as a user again, so that the volume stays mounted until the last of them has ended.
      do { try await volumes.acquire(mount.name, for: container.id) } catch {
        Log.warning("container \(container.record.shortID): volume \(mount.name): \(error)")
      }
    }
    await settleEndpoints(container)
    let before = container.record
    let endpoints = network.endpoints(of: container.id).filter(\.isComplete).compactMap { endpoint in
      network.network(endpoint.networkID).map { describe(endpoint, on: $0, of: before) }
    }
    container.update { $0.endpoints = endpoints }
    do { try await startNames(container.record, endpoints) } catch {
      Log.warning("container \(before.shortID): its resolver: \(error)")
    }
    // What the store has is not written again.
    if isChanged || before.endpoints != endpoints { await saveOrWarn(container) }
    startHealthChecks(container)
  }

  /// A container that runs on: what the record did not know yet (the engine died during its start) is filled in.
  /// - Returns: whether the record is another one now.
  private func adopt(_ container: Container, _ process: ContainerProcess, isPaused: Bool) -> Bool {
    let before = container.record.state
    let after = container.update { record in
      let wasRunning = record.state.isRunning
      record.state.status = isPaused ? .paused : .running
      if !wasRunning {
        record.state.stoppedByUser = false
        record.state.oomKilled = false
        record.state.health = nil
        record.state.started = Clock.realtime
        record.state.exitCode = 0
        record.state.error = ""
      }
      record.state.pid = process.pid
      record.state.pidStartTime = process.startTime
    }
    return after.state != before
  }

  private func listenForExits() {
    let exits = runtime.exits
    spawn { [weak self] in
      for await exit in exits {
        guard let self else { return }
        spawn { [self] in await handleExit(exit) }
      }
    }
  }

  /// Ends that happened while no engine was there, removals that were half done, and the starts
  /// that restart policies ask for.
  private func settleEnded(
    _ containers: [Container], _ settled: [Unsettled.Ended], alive: Set<String>
  ) async {
    let ended = Set(settled.map { $0.container.id })
    for one in settled {
      let (container, startedThen) = (one.container, one.started)
      // The API is up: a client may have started it since we looked, and that run has not ended.
      let isSame = await container.transitions.withLock {
        container.update {
          if $0.state.started == startedThen, $0.state.status != .removing, !$0.state.isRunning {
            $0.state.status = .running
          }
        }.state.started == startedThen
      }
      if isSame { await handleExit(one.exit) }
    }
    for container in containers where !alive.contains(container.id) && !ended.contains(container.id) {
      let record = container.record
      switch record.state.status {
      case .removing, .dead:
        do {
          try await exclusively(container) { [self] () throws(EngineError) in
            if !container.isRemoved {
              try await removeHoldingLock(container, removeVolumes: record.state.removesVolumes ?? false)
            }
          }
        } catch { Log.error("container \(record.shortID): finishing its removal: \(error)") }
      case .restarting: scheduleRestart(container, after: .milliseconds(100))
      case .created, .exited, .running, .paused:
        do {
          try await container.transitions.withLock {
            // The API is up by now: a client may have started it meanwhile.
            if !container.record.state.isRunning { try await releaseResources(of: record) }
          }
        } catch { Log.warning("container \(record.shortID): cleaning up: \(error)") }
        if Self.startsWithEngine(record) {
          container.update { $0.state.status = .restarting }
          scheduleRestart(container, after: .zero)
        } else if record.definition.autoRemove, record.state.started != 0 {
          do { try await removeContainer(record.id, force: true, removeVolumes: true) } catch {
            Log.error("container \(record.shortID): automatic removal: \(error)")
          }
        }
      }
    }
  }

  /// `always` starts with the engine even after a stop by hand, `unless-stopped` does not, `on-failure` never does by
  /// itself.
  static func startsWithEngine(_ record: ContainerRecord) -> Bool {
    guard record.state.started != 0 else { return false }
    return switch record.definition.restartPolicy.mode {
    case .always: true
    case .unlessStopped: !record.state.stoppedByUser
    case .never, .onFailure: false
    }
  }

  /// Directories, snapshots and pins of containers that the store does not know: a creation or a removal that a crash
  /// cut short.
  private func clearStrays(of runs: Set<String>) async {
    let known = Set(table.all().map(\.id))
    let containers = configuration.dataDirectory + "/containers"
    let shm = configuration.runDirectory + "/shm"
    func step(_ body: () async throws -> Void) async {
      do { try await body() } catch { Log.error("clearing away strays: \(error)") }
    }
    for id in runs where !known.contains(id) { await step { try await runtime.delete(id) } }
    await step { try await images.removeSnapshots(except: known) }
    await step { try await volumes.removeStrays() }
    await step { try await volumes.removeOrphans(except: known) }
    await step { try await pool.run { try Self.removeStrays(in: containers, except: known) } }
    await step { try await pool.run { try Self.removeStrays(in: shm, except: known, areMounts: true) } }
  }

  /// Removes what is in a directory, or mounted there, and bears none of the names. Nothing is there where the directory is
  /// not.
  private static func removeStrays(in directory: String, except known: Set<String>, areMounts: Bool = false) throws {
    var errors = ErrorList()
    guard FileSystem.exists(directory) else { return }
    for name in try FileSystem.list(directory) where !known.contains(name) {
      let path = "\(directory)/\(name)"
      errors.attempt {
        if areMounts { try Mounts.unmount(path, lazily: true) }
        try FileSystem.removeTree(path)
      }
    }
    try errors.throwIfAny(directory)
  }

  /// Takes away the cgroups above our containers' where no container is left in them.
  private func removeEmptyCgroups() async {
    let name = configuration.instance
    do {
      try await pool.run {
        let root = "/sys/fs/cgroup"
        for path in ["\(root)/\(name)"] + (try FileSystem.list(root)).map({ "\(root)/\($0)/\(name)" }) {
          // One that is in use refuses to go, and that is how we learn it.
          do { try FileSystem.removeDirectory(path) } catch { continue }
        }
      }
    } catch { Log.debug("cgroups: \(error)") }
  }

  /// Lets go of everything that is this process' and of nothing that is the containers': they run on.
  public func close() async {
    for task in background.withLock({ Array($0.running.values) }) { task.cancel() }
    events.finish()
    for container in table.all() {
      container.setRestartTask(nil)
      container.setHealthTask(nil)
    }
    await names.stop()
    await network.close()
    await removeEmptyCgroups()
    do { try await images.shutDown() } catch { Log.warning("closing the image store: \(error)") }
    await store.close()
  }
}
