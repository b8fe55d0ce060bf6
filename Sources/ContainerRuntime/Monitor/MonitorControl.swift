import Linux

/// What a monitor can be told while it holds a container: lines in a FIFO.
enum MonitorControl {
  /// Gives the terminal a new size.
  static func resize(_ path: String, _ size: TerminalSize) throws(RuntimeError) {
    try send("1 \(size.rows) \(size.columns)", path)
  }

  /// Makes the monitor close its log and open the path anew.
  static func reopenLog(_ path: String) throws(RuntimeError) { try send("2 0 0", path) }

  /// Whether the monitor has read all that it was told; true when it is gone.
  static func isRead(_ path: String) throws(SystemError) -> Bool {
    do throws(SystemError) {
      return try FileDescriptor.open(path, [.writeOnly, .nonBlocking]).bytesToRead() == 0
    } catch {
      guard error.code == .noEntry || error.code == .noDeviceOrAddress else { throw error }
      return true
    }
  }

  /// What the monitor takes in one read. Of the lines that it reads at once it heeds only the first; a line that fills a
  /// read is alone in it, however many wait. (conmon's `CTLBUFSZ`, less the end of the string.)
  private static let lengthOfRead = 199

  /// Says nothing: the monitor passes over types that it does not know.
  private static let pause = "0 0 0"

  private static func send(_ line: String, _ path: String) throws(RuntimeError) {
    // The monitor hands a size on to itself through a pipe, which it reads in the same way, one turn of its loop later.
    // The turn that a pause takes is the one in which it does.
    let lines = [line, pause].map { $0 + String(repeating: " ", count: lengthOfRead - $0.utf8.count - 1) + "\n" }
    do throws(SystemError) {
      // Shorter than PIPE_BUF: they are written as a whole, whoever else writes.
      _ = try FileDescriptor.open(path, [.writeOnly, .nonBlocking]).write(Array(lines.joined().utf8))
    } catch {
      guard error.code != .tryAgain else {
        throw RuntimeError(.failed, "cannot reach the monitor: it reads nothing; is it stopped?", cause: error)
      }
      // No reader (ENXIO), or no FIFO: the monitor is gone.
      throw RuntimeError(.notRunning, "cannot reach the monitor: it has ended (\(error.code))", cause: error)
    }
  }
}
