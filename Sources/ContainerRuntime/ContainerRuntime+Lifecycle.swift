import AsyncWork
import Linux
import OCI
import Synchronization

extension ContainerRuntime {
  /// Lets a created container run its process.
  public func start(_ id: String) async throws(RuntimeError) {
    let running = try container(id)
    if running.runtime.isCrun {
      let state = "\(stateDirectory(running.runtime))/\(id)"
      do { if try await pool.run({ StartGate.open(stateDirectory: state) }) { return } } catch {
        throw .wrap(error, "cannot start container \(id)")
      }
    }
    try await command(running, "start")
  }

  /// Sends a signal to the first process, or to every process of the container. One that has ended is `.notRunning`.
  public func kill(_ id: String, signal: Int32, all: Bool = false) async throws(RuntimeError) {
    let running = try container(id)
    let group = cgroup(running.record.cgroupPath)
    do {
      try await pool.run {
        if all { return try group.signalAll(signal) }
        let process = running.process
        guard let handle = try Processes.open(process.pid),
          try Processes.startTime(of: process.pid) == process.startTime
        else { throw RuntimeError(.notRunning, "container \(id) is not running") }
        try Processes.signal(signal, to: handle)
      }
    } catch { throw .wrap(error, "cannot signal container \(id)") }
  }

  /// Freezes every process of the container, and waits until they stand still: two seconds at most.
  public func pause(_ id: String) async throws(RuntimeError) {
    let running = try container(id)
    try await command(running, "pause")
    // With control groups of version 1 the kernel stops one process after the other, and the runtime does not wait.
    let group = cgroup(running.record.cgroupPath)
    do {
      try await pool.run {
        for _ in 0..<400 {
          if group.isFrozen() { return }
          Threads.pause(milliseconds: 5)
        }
      }
    } catch { throw .wrap(error, "cannot tell whether container \(id) is paused") }
  }

  /// Lets a frozen container go on.
  public func resume(_ id: String) async throws(RuntimeError) { try await command(try container(id), "resume") }

  /// Changes the limits of a container that runs; what is nil stays as it is.
  public func update(_ id: String, resources: ResourceSpecification) async throws(RuntimeError) {
    let running = try container(id)
    var wanted = try SpecificationBuilder.resources(resources, features: features)
    if resources.memorySwap == nil { wanted.memorySwap = nil }
    let file = "\(paths(id).bundle)/resources.json"
    let json = wanted.json()
    do { try await pool.run { try FileSystem.write(file, json, mode: 0o600) } } catch {
      throw .wrap(error, "cannot update container \(id)")
    }
    try await command(running, "update", ["--resources", file])
  }

  /// Ends what is left of a container, and removes its cgroups, bundle and runtime state; a container that is not there
  /// is no error. The log stays.
  public func delete(_ id: String) async throws(RuntimeError) {
    let running = containers.withLock { $0[id] }
    let paths = self.paths(id)
    do {
      if let running {
        // The monitor tells the end; only then is nobody left who writes into the bundle.
        try await pool.run { [self] in try end(running) }
        try await waitForEnd(of: id)
      }
      try await pool.run { [self] in
        guard let record = try BundleRecord.read(paths) else {
          try FileSystem.removeTree(paths.bundle)
          try FileSystem.removeFile(paths.exit)
          return
        }
        try removeTraces(id, record)
      }
    } catch { throw .wrap(error, "cannot delete container \(id)") }
  }

  /// Removes a container's log and everything else that outlives its runs.
  public func removeData(_ id: String) async throws(RuntimeError) {
    let paths = self.paths(id)
    do { try await pool.run { try FileSystem.removeTree(paths.dataDirectory) } } catch {
      throw .wrap(error, "cannot remove the data of container \(id)")
    }
  }

  /// Kills a container, frozen ones too. Blocks.
  private func end(_ running: RunningContainer) throws {
    let group = cgroup(running.record.cgroupPath)
    if let handle = try Processes.open(running.process.pid),
      try Processes.startTime(of: running.process.pid) == running.process.startTime
    {
      try Processes.signal(9, to: handle)
    }
    try group.signalAll(9)
    if group.isFrozen() {
      _ = try Command.run(
        running.runtime.path, ["--root", stateDirectory(running.runtime), "resume", running.id],
        hideUnifiedCgroup: hides(running.runtime))
    }
  }

  /// Returns when the container's end was seen.
  private func waitForEnd(of id: String) async throws {
    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
      let gone = containers.withLock { containers in
        guard containers[id] != nil else { return true }
        containers[id]?.endWaiters.append(continuation)
        return false
      }
      if gone { continuation.resume() }
    }
  }

  /// Removes cgroups, runtime state and bundle. For the two runtimes whose state is a directory we do what their
  /// `delete` does without a process of theirs; others are asked. Blocks; goes on after an error and throws the first.
  func removeTraces(_ id: String, _ record: BundleRecord) throws {
    var first: (any Error)?
    func attempt(_ body: () throws -> Void) {
      do { try body() } catch { first = first ?? error }
    }
    let root = stateDirectory(record.runtime)
    let known = ["crun", "runc"].contains(FileSystem.name(of: record.runtimePath))
    if !known, FileSystem.exists("\(root)/\(id)") {
      attempt { _ = try Command.run(record.runtimePath, ["--root", root, "delete", "--force", id]) }
    }
    attempt { try cgroup(record.cgroupPath).remove() }
    attempt { try FileSystem.removeTree("\(root)/\(id)") }
    attempt { try FileSystem.removeTree(paths(id).bundle) }
    attempt { try FileSystem.removeFile(paths(id).exit) }
    if let first { throw first }
  }

  /// Runs the container's runtime and turns its complaint into an error.
  func command(
    _ running: RunningContainer, _ action: String, _ options: [String] = []
  ) async throws(RuntimeError) {
    let root = stateDirectory(running.runtime)
    let hide = hides(running.runtime)
    let outcome: Command.Outcome
    do {
      outcome = try await pool.run {
        try Command.run(
          running.runtime.path, ["--root", root, action] + options + [running.id], hideUnifiedCgroup: hide)
      }
    } catch { throw .wrap(error, "cannot run \(running.runtime.path)") }
    if outcome.status != .exited(0) {
      throw RuntimeMessage.error(outcome.errors, action: action, runtime: running.runtime, command: "")
    }
  }
}

extension RuntimeError {
  /// Leaves an error of ours as it is, and gives any other a place and a reason.
  static func wrap(_ error: any Error, _ what: String) -> RuntimeError {
    if let error = error as? RuntimeError { return error }
    return RuntimeError(.failed, "\(what): \(error)", cause: error)
  }
}
