import Linux

/// What a monitor can be told while it holds a container: lines in a FIFO.
enum MonitorControl {
  /// Gives the terminal a new size. Blocks for a moment at most.
  static func resize(_ path: String, _ size: TerminalSize) throws(RuntimeError) {
    try send("1 \(size.rows) \(size.columns)\n", path)
  }

  /// Makes the monitor close its log and open the path anew.
  static func reopenLog(_ path: String) throws(RuntimeError) { try send("2 0 0\n", path) }

  /// Whether the monitor has read all that it was told; true when it is gone.
  static func isRead(_ path: String) throws(SystemError) -> Bool {
    do throws(SystemError) {
      return try FileDescriptor.open(path, [.writeOnly, .nonBlocking]).bytesToRead() == 0
    } catch {
      guard error.code == .noEntry || error.code == .noDeviceOrAddress else { throw error }
      return true
    }
  }

  private static func send(_ line: String, _ path: String) throws(RuntimeError) {
    do throws(SystemError) {
      let fifo = try FileDescriptor.open(path, [.writeOnly, .nonBlocking])
      // The monitor takes only the first line of what it reads at once: let it have read the one before. It does so in
      // microseconds; where it does not, the line goes anyway.
      for _ in 0..<20 where try fifo.bytesToRead() > 0 { Threads.pause(milliseconds: 2) }
      _ = try fifo.write(Array(line.utf8))
    } catch {
      // No reader (ENXIO), or no FIFO: the monitor is gone.
      throw RuntimeError(.notRunning, "cannot reach the monitor: it has ended (\(error.code))", cause: error)
    }
  }
}
