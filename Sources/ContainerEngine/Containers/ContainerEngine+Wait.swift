import Synchronization

/// A registered wait; the door may send its header before it asks for the value.
public final class ContainerWait: Sendable {
  private struct State {
    var result: Result<ExitReport, EngineError>?
    var continuation: CheckedContinuation<Result<ExitReport, EngineError>, Never>?
    var key: UInt64?
  }
  private let state = Mutex(State())
  private let container: Container

  init(_ container: Container, _ condition: WaitCondition) {
    self.container = container
    let key = container.wait(condition) { [weak self] in self?.finish($0) }
    state.withLock { $0.key = key }
  }

  deinit {
    if let key = state.withLock({ $0.key }) { container.stopWaiting(key) }
  }

  /// How the container ended. Throws when the waiting task is cancelled.
  public func value() async throws(EngineError) -> (exitCode: Int32, error: String?) {
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let ready = state.withLock { state -> Result<ExitReport, EngineError>? in
          if let result = state.result { return result }
          state.continuation = continuation
          return nil
        }
        if let ready { continuation.resume(returning: ready) }
      }
    } onCancel: {
      stop()
    }
    let report = try result.get()
    return (report.exitCode, report.error.isEmpty ? nil : report.error)
  }

  /// Nobody asks any more: who waits is let go.
  func stop() { finish(.failure(EngineError(.unavailable, "the client stopped waiting"))) }

  /// The most seconds that are counted: more than a life, and far from where sums of times end.
  private static let longest = Int(Int32.max)

  /// True when the container has ended within so many seconds; a negative number waits for ever, and so does one that
  /// nobody will live to see.
  func ends(within seconds: Int) async -> Bool {
    guard (0...Self.longest).contains(seconds) else { return await hasEnded() }
    return await withTaskGroup(of: Bool.self) { group in
      group.addTask { await self.hasEnded() }
      group.addTask {
        do { try await Task.sleep(for: .seconds(seconds)) } catch { return false }
        return false
      }
      let first = await group.next() ?? false
      group.cancelAll()
      return first
    }
  }

  /// False when nobody waits any more.
  private func hasEnded() async -> Bool {
    do { _ = try await value() } catch { return false }
    return true
  }

  private func finish(_ result: Result<ExitReport, EngineError>) {
    let continuation = state.withLock { state in
      guard state.result == nil else { return nil as CheckedContinuation<Result<ExitReport, EngineError>, Never>? }
      state.result = result
      let continuation = state.continuation
      state.continuation = nil
      return continuation
    }
    continuation?.resume(returning: result)
  }
}

extension ContainerEngine {
  /// Registers a wait now; its value comes later.
  public func waitContainer(_ reference: String, until condition: WaitCondition) throws(EngineError) -> ContainerWait {
    ContainerWait(try table.find(reference), condition)
  }
}
