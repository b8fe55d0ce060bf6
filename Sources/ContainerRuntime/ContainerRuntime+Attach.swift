import AsyncWork
import Linux

extension ContainerRuntime {
  /// Connects to a container's input and output. Attach between `create` and `start` to see everything.
  public func attach(_ id: String) async throws(RuntimeError) -> ProcessAttachment {
    let running = try container(id)
    let directory = paths(id).bundle
    do {
      let socket = try await pool.run { try ProcessAttachment.connect(directory) }
      return ProcessAttachment(socket, isTerminal: running.record.terminal, reactor: reactor)
    } catch { throw .wrap(error, "cannot attach to container \(id)") }
  }

  /// Gives the container's terminal a new size.
  public func resize(_ id: String, _ size: TerminalSize) async throws(RuntimeError) {
    _ = try container(id)
    let control = paths(id).control
    do { try await pool.run { try MonitorControl.resize(control, size) } } catch {
      throw .wrap(error, "cannot resize container \(id)")
    }
  }
}
