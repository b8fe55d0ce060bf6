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

  /// Waits for the end; nil where the waiting task is cancelled before it.
  public func waitUnlessCancelled() async -> Int32? { await result.valueUnlessCancelled() }

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
    var ticket: UInt64 = 0
    /// Those who may be cancelled, by ticket.
    var impatient: [UInt64: CheckedContinuation<Int32?, Never>] = [:]
  }
  private let state = Mutex(State())

  var current: Int32? { state.withLock { $0.code } }

  func set(_ code: Int32) {
    let (waiters, impatient) = state.withLock { state in
      if state.code == nil { state.code = code }
      defer { (state.waiters, state.impatient) = ([], [:]) }
      return (state.waiters, state.impatient.values)
    }
    for waiter in waiters { waiter.resume(returning: code) }
    for waiter in impatient { waiter.resume(returning: code) }
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

  func valueUnlessCancelled() async -> Int32? {
    let ticket = state.withLock { state in
      state.ticket += 1
      return state.ticket
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let (code, isOver): (Int32?, Bool) = state.withLock { state in
          // Cancelled before this: its handler has found nobody. Cancelled later: it waits for the lock.
          if state.code != nil || Task.isCancelled { return (state.code, true) }
          state.impatient[ticket] = continuation
          return (nil, false)
        }
        if isOver { continuation.resume(returning: code) }
      }
    } onCancel: {
      state.withLock { $0.impatient.removeValue(forKey: ticket) }?.resume(returning: nil)
    }
  }
}
