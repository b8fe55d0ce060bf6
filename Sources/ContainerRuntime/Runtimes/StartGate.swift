import Linux

/// The gate at which a container's first process waits after `create`. For crun it is a FIFO in the container's state
/// directory: `crun start` removes it and writes a byte into it, and does nothing else for a bundle without hooks.
/// Doing the same here spares a process on every start.
enum StartGate {
  /// Opens the gate; false where it cannot be opened this way, and the runtime is to be asked. Blocks for a moment.
  static func open(stateDirectory: String) -> Bool {
    let path = stateDirectory + "/exec.fifo"
    do {
      // Without a reader this fails at once: the process is gone, and the runtime knows how to say so.
      let fifo = try FileDescriptor.open(path, [.writeOnly, .nonBlocking, .noFollow])
      try FileSystem.removeFile(path)
      return try fifo.write([0]) == 1
    } catch { return false }
  }
}
