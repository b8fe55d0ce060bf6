import AsyncWork
import Linux
import Synchronization

extension ContainerRuntime {
  /// Waits for the monitor's end and announces the container's. `child` is given where the monitor is our own child
  /// and must be reaped; an adopted one is reaped by init.
  func watch(_ running: RunningContainer, monitor: FileDescriptor?, child: ChildProcess?) {
    let paths = self.paths(running.id)
    Task { [self] in
      do {
        if let monitor { try await reactor.waitReadable(monitor) }
        var exit = try await pool.run {
          if let child { _ = try child.wait() }
          return try ExitFile.read(paths)
        }
        if exit == nil {
          try await waitForLostProcess(running)
          // It may have been written after all: by a monitor whose end we could not see.
          exit = try await pool.run { try ExitFile.read(paths) }
        }
        announce(running.id, exit ?? .lost(running.id))
      } catch { announce(running.id, .lost(running.id)) }
    }
  }

  /// The monitor was killed: the container's process goes on without output until it ends by itself.
  private func waitForLostProcess(_ running: RunningContainer) async throws {
    let process = running.process
    guard let handle = try Processes.open(process.pid), try Processes.startTime(of: process.pid) == process.startTime
    else {
      return
    }
    try await reactor.waitReadable(handle)
  }

  private func announce(_ id: String, _ exit: ContainerExit) {
    let gone = containers.withLock { $0.removeValue(forKey: id) }
    logWatch.stopRotating(id)
    logWatch.wake(paths(id).dataDirectory)
    exitSink.yield(exit)
    for waiter in gone?.endWaiters ?? [] { waiter.resume() }
  }
}

extension ContainerExit {
  /// Nobody saw the exit code: 137, as if it had been killed.
  static func lost(_ id: String) -> ContainerExit {
    ContainerExit(id: id, exitCode: 137, oomKilled: false, finished: Clock.realtime, monitorLost: true)
  }
}
