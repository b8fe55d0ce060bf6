import AsyncWork
import Linux
import Synchronization

/// A container that an earlier engine made, as it is found.
public struct RecoveredContainer: Sendable, Equatable {
  public enum State: Sendable, Equatable {
    /// It stands ready and was never started: its engine ended in between. Delete it.
    case created(ContainerProcess)
    case running(ContainerProcess, isPaused: Bool)
    /// It ended while nobody looked.
    case ended(ContainerExit)
  }
  public let id: String
  public let state: State
}

extension ContainerRuntime {
  /// Finds what earlier engines left: adopts containers that run (their ends will be announced in `exits`), reads the
  /// exit codes of those that ended. Whatever the caller does not know or want it gives to `delete`.
  public func recover() async throws(RuntimeError) -> [RecoveredContainer] {
    do {
      let ids = try await pool.run { [configuration] in
        for name in try FileSystem.list(configuration.runDirectory + "/execs") {
          try FileSystem.removeTree("\(configuration.runDirectory)/execs/\(name)")
        }
        return try FileSystem.list(configuration.runDirectory + "/containers")
      }
      var found: [RecoveredContainer] = []
      for id in ids.sorted() where containers.withLock({ $0[id] == nil }) { found.append(try await recover(id)) }
      return found
    } catch { throw .wrap(error, "cannot look for containers") }
  }

  private struct Finding: Sendable {
    var state: RecoveredContainer.State
    var running: RunningContainer?
    var monitor: FileDescriptor?
  }

  private func recover(_ id: String) async throws -> RecoveredContainer {
    let paths = self.paths(id)
    let finding = try await pool.run { [self] in try look(paths) }
    if let running = finding.running {
      containers.withLock { $0[id] = running }
      watch(running, monitor: finding.monitor, child: nil)
      if let rotation = running.record.rotation { logWatch.rotate(paths, rotation, pool: pool) }
    }
    return RecoveredContainer(id: id, state: finding.state)
  }

  /// Blocks.
  private func look(_ paths: ContainerPaths) throws -> Finding {
    if let exit = try ExitFile.read(paths) { return Finding(state: .ended(exit)) }
    guard let record = try BundleRecord.read(paths) else {
      return Finding(state: .ended(.unknown(paths.id, "the record of its run is gone or was never whole")))
    }
    let monitor = try monitorHandle(record, paths)
    guard let process = try process(paths, record) else {
      let why = "it and its monitor ended while no engine was there, without a word of it"
      guard let monitor else { return Finding(state: .ended(try ExitFile.read(paths) ?? .unknown(paths.id, why))) }
      // The process is gone and its monitor is just writing down how.
      try MonitorEnd.wait(monitor, milliseconds: 5000)
      return Finding(state: .ended(try ExitFile.read(paths) ?? .unknown(paths.id, "its monitor has not told it yet")))
    }
    let running = RunningContainer(id: paths.id, record: record, process: process)
    let isWaiting = FileSystem.exists("\(stateDirectory(record.runtime))/\(paths.id)/exec.fifo")
    let state: RecoveredContainer.State =
      isWaiting ? .created(process) : .running(process, isPaused: cgroup(record.cgroupPath).isFrozen())
    return Finding(state: state, running: running, monitor: monitor)
  }

  /// The first process, if it lives and is in the container's own cgroup: a number alone may be another's by now.
  private func process(
    _ paths: ContainerPaths, _ record: BundleRecord
  ) throws(SystemError) -> ContainerProcess? {
    guard let text = try FileSystem.readIfPresent(paths.pid),
      let pid = Int32(String(decoding: text, as: UTF8.self).filter(\.isNumber)),
      try Processes.isAlive(pid), let startTime = try Processes.startTime(of: pid),
      let groups = try FileSystem.readIfPresent("/proc/\(pid)/cgroup"),
      String(decoding: groups, as: UTF8.self).split(separator: "\n").contains(where: {
        $0.contains(":" + record.cgroupPath)
      })
    else { return nil }
    return ContainerProcess(pid: pid, startTime: startTime)
  }

  /// A handle on the monitor; nil when it is gone.
  private func monitorHandle(_ record: BundleRecord, _ paths: ContainerPaths) throws -> FileDescriptor? {
    var pid = record.monitorPid
    var startTime = record.monitorStartTime
    if pid == 0 {
      // Its engine ended before it could write the number down.
      guard let found = try Self.findMonitor(paths.bundle) else { return nil }
      pid = found
      startTime = try Processes.startTime(of: found) ?? 0
    }
    guard let handle = try Processes.open(pid), try Processes.startTime(of: pid) == startTime,
      try Processes.isAlive(pid)
    else { return nil }
    return handle
  }

  private static func findMonitor(_ bundle: String) throws -> Int32? {
    for name in try FileSystem.list("/proc") {
      guard let pid = Int32(name), let line = try FileSystem.readIfPresent("/proc/\(name)/cmdline") else { continue }
      let words = line.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
      if let index = words.firstIndex(of: "--bundle"), index + 1 < words.count, words[index + 1] == bundle,
        words.first?.hasSuffix("conmon") == true
      {
        return pid
      }
    }
    return nil
  }
}
