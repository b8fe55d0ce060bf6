import AsyncWork
import ImageStore
import KeyValueStore
import Linux
import Synchronization

extension ContainerEngine {
  /// Removes a container and everything that was made for it. `force` kills it first. The teardown goes on after an
  /// error, so that one stuck piece leaves no others behind; what failed is told at the end.
  public func removeContainer(
    _ reference: String, force: Bool = false, removeVolumes: Bool = false
  ) async throws(EngineError) {
    let container = try table.find(reference)
    if force { try await killWithoutWaiting(container) }
    try await exclusively(container) { [self] () throws(EngineError) in
      if container.isRemoved { throw EngineError.noSuchContainer(reference) }
      let record = container.record
      if record.state.isRunning || record.state.status == .restarting {
        guard force else {
          let state =
            record.state.status == .paused ? "paused" : record.state.status == .restarting ? "restarting" : "running"
          throw EngineError(
            .conflict,
            "cannot remove container \"/\(record.name)\": container is \(state): stop the container before removing or "
              + "force remove")
        }
        try await stopForRemoval(container)
      }
      try await removeHoldingLock(container, removeVolumes: removeVolumes)
    }
  }

  private func stopForRemoval(_ container: Container) async throws(EngineError) {
    do { try await stopHoldingLock(container, signal: "KILL", timeout: 30, byUser: true) } catch {
      if error.code != .notModified { throw error }
    }
  }

  /// The container does not run and its lock is held.
  func removeHoldingLock(_ container: Container, removeVolumes: Bool) async throws(EngineError) {
    container.setRestartTask(nil)
    container.setHealthTask(nil)
    // On disk first: a crash from here on makes recovery finish the removal instead of showing half a container.
    let record = container.update {
      $0.state.status = .removing
      $0.state.removesVolumes = removeVolumes
    }
    do { try await save(container) } catch {
      // On a full disk removing is the way out: without the mark a crash only means that it must be asked for again.
      Log.warning("container \(record.shortID): cannot mark its removal: \(error)")
    }
    var failures: [any Error] = []
    func step(_ body: () async throws -> Void) async {
      do { try await body() } catch { failures.append(error) }
    }
    // After its end a container may still be giving back what it had: that goes first.
    await step { try await container.transitions.withLock { try await releaseResources(of: record) } }
    await step { try await images.removeSnapshot(record.id) }
    let data = dataDirectory(of: record.id)
    await step { try await pool.run { try FileSystem.removeTree(data) } }
    if let first = failures.first {
      container.update { $0.state.status = .dead }
      await saveOrWarn(container)
      throw EngineError(
        .internalFailure, "container \(record.id): removal failed: \(first); remove it again when the cause is gone",
        cause: first)
    }
    let anonymous = record.mounts.filter { $0.kind == .volume && $0.isAnonymous }.map(\.name)
    let volumesGo = removeVolumes || record.definition.autoRemove
    do {
      // In one transaction: volumes that stay belong to nobody from now on, those that go are garbage if we crash here.
      let disowning = volumesGo ? [] : try volumes.disowning(anonymous)
      try await container.saving.withLock {
        try await store.commit([.delete(key: Self.recordPrefix + record.id)] + disowning)
        container.isForgotten = true
      }
    } catch {
      container.update { $0.state.status = .dead }
      let failure = EngineError.wrap(error)
      container.announceRemovalFailure(failure)
      throw failure
    }
    if !volumesGo { volumes.disowned(anonymous) }
    table.remove(container)
    execs.withLock { execs in
      for (key, session) in execs where session.containerID == record.id { execs[key] = nil }
    }
    if volumesGo {
      for name in anonymous where containersUsing(volume: name).isEmpty {
        do {
          try await volumes.remove(name, force: true, users: [])
          events.publish(Event(.volume, "destroy", actor: name, attributes: ["driver": "local"]))
        } catch { Log.warning("container \(record.shortID): volume \(name) stays: \(error)") }
      }
    }
    publish(record, "destroy")
    container.announceRemoval()
  }

  /// Gives a container another name.
  public func renameContainer(_ reference: String, to wanted: String) async throws(EngineError) {
    let container = try table.find(reference)
    let name = wanted.hasPrefix("/") ? String(wanted.dropFirst()) : wanted
    guard !name.isEmpty else {
      throw EngineError(.invalidParameter, "Neither old nor new names may be empty")
    }
    guard Identifier.isValidName(name) else {
      throw EngineError(
        .invalidParameter, "Invalid container name (\(wanted)), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed")
    }
    try await exclusively(container) { [self] () throws(EngineError) in
      let old = container.record.name
      if old == name {
        throw EngineError(
          .invalidParameter, "Renaming a container with the same name as its current name")
      }
      try table.reserve(name: name, for: container.id)
      do {
        try await container.saving.withLock {
          var record = container.record
          record.name = name
          try await put(record)
          container.update { $0.name = name }
        }
      } catch {
        table.release(name: name, of: container.id)
        throw EngineError.wrap(error)
      }
      table.release(name: old, of: container.id)
      rename(container)
      publish(container.record, "rename", ["oldName": "/\(old)"])
    }
  }

  /// Removes containers that do not run and that `wanted` picks; returns their ids and the bytes that became free.
  public func pruneContainers(
    matching wanted: @Sendable (ContainerRecord) -> Bool
  ) async throws(EngineError) -> (ids: [String], reclaimed: Int64) {
    var ids: [String] = []
    var reclaimed: Int64 = 0
    for container in table.all() {
      let record = container.record
      guard !record.state.isRunning, record.state.status != .restarting, wanted(record) else { continue }
      do {
        let size = try await containerSize(record.id).writable
        try await removeContainer(record.id)
        ids.append(record.id)
        reclaimed += size
      } catch {
        let failure = EngineError.wrap(error)
        if failure.code == .notFound || failure.code == .conflict { continue }
        throw failure
      }
    }
    return (ids, reclaimed)
  }
}
