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
        var (exit, status) = try await pool.run {
          let status = try child?.wait()
          return (try ExitFile.read(paths), status)
        }
        if exit == nil {
          try await waitForLostProcess(running)
          // It may have been written after all: by a monitor whose end we could not see.
          exit = try await pool.run { try ExitFile.read(paths) }
        }
        announce(running.id, exit ?? .lost(running.id, Self.reason(status)))
      } catch { announce(running.id, .lost(running.id, "its end could not be waited for: \(error)")) }
    }
  }

  /// Why a monitor left no exit code.
  private static func reason(_ status: ExitStatus?) -> String {
    switch status {
    case .exited(let code): "its monitor ended with \(code) and without a word of it"
    case .signaled(let signal): "its monitor was ended by signal \(signal)"
    case nil: "its monitor ended without a word of it"
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
  /// Nobody saw the exit code of a container that was watched: 137, as if it had been killed. So containerd has it where a
  /// shim has gone.
  static func lost(_ id: String, _ why: String) -> ContainerExit {
    ContainerExit(id: id, exitCode: 137, oomKilled: false, finished: Clock.realtime, lost: why)
  }

  /// A container ended while no engine was there, and nothing tells how: 255, as dockerd has it.
  static func unknown(_ id: String, _ why: String) -> ContainerExit {
    ContainerExit(id: id, exitCode: 255, oomKilled: false, finished: Clock.realtime, lost: why)
  }
}
