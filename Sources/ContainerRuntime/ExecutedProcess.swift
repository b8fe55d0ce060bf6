import AsyncWork
import Linux
import Synchronization

/// A further process in a container.
public final class ExecutedProcess: Sendable {
  public let id: String
  /// On the host.
  public let pid: Int32
  /// Its input and output; nil where it was started detached.
  public let attachment: ProcessAttachment?
  private let control: String
  private let pool: BlockingPool
  private let result: ExecResult

  init(id: String, pid: Int32, attachment: ProcessAttachment?, control: String, pool: BlockingPool, result: ExecResult)
  {
    self.id = id
    self.pid = pid
    self.attachment = attachment
    self.control = control
    self.pool = pool
    self.result = result
  }

  /// The exit code; nil while it runs. When the attachment's output has ended, the exit code is there.
  public var exitCode: Int32? { result.current }

  /// Waits for the end.
  public func wait() async -> Int32 { await result.value() }

  /// Gives the terminal a new size.
  public func resize(_ size: TerminalSize) async throws(RuntimeError) {
    let control = self.control
    do { try await pool.run { try MonitorControl.resize(control, size) } } catch {
      throw .wrap(error, "cannot resize exec \(id)")
    }
  }
}

/// An exit code that comes later.
final class ExecResult: Sendable {
  private struct State {
    var code: Int32?
    var waiters: [CheckedContinuation<Int32, Never>] = []
  }
  private let state = Mutex(State())

  var current: Int32? { state.withLock { $0.code } }

  func set(_ code: Int32) {
    let waiters = state.withLock { state in
      if state.code == nil { state.code = code }
      let waiters = state.waiters
      state.waiters = []
      return waiters
    }
    for waiter in waiters { waiter.resume(returning: code) }
  }

  func value() async -> Int32 {
    await withCheckedContinuation { continuation in
      let code: Int32? = state.withLock { state in
        if state.code == nil { state.waiters.append(continuation) }
        return state.code
      }
      if let code { continuation.resume(returning: code) }
    }
  }
}
