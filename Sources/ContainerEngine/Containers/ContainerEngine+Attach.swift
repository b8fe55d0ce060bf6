import AsyncWork
import ContainerRuntime
import Linux

extension ContainerEngine {
  /// Joins a container's standard streams. One that does not run yet is waited for.
  public func attachContainer(
    _ reference: String, _ request: AttachRequest
  ) async throws(EngineError) -> AttachSession {
    let container = try table.find(reference)
    let record = container.record
    if record.state.status == .paused {
      throw EngineError(.conflict, "container \(record.id) is paused, unpause the container before attach")
    }
    if record.state.status == .restarting {
      throw EngineError(
        .conflict, "container \(record.id) is restarting, wait until the container is running")
    }
    var replay: AsyncThrowingStream<LogEntry, any Error>?
    if request.logs {
      replay = try await containerLogs(
        record.id, LogsRequest(standardOutput: request.standardOutput, standardError: request.standardError))
    }
    do {
      let session = try AttachSession(
        isTerminal: record.definition.terminal, request: request, replay: replay,
        onDetach: { [self] in publish(container.record, "detach") })
      // Told once it is so: who has heard of it may count on nothing being missed.
      if request.stream { try await connect(session, to: container) }
      publish(record, "attach")
      return session
    } catch let error as RuntimeError where error.code == .invalidSpecification {
      throw EngineError(.invalidParameter, error.message, cause: error)
    } catch { throw EngineError.wrap(error) }
  }

  private func connect(_ session: AttachSession, to container: Container) async throws {
    // Under the transition lock a container is either up, with its streams there, or down, with a start to wait for.
    try await container.transitions.withLock {
      if container.record.state.isRunning {
        try await join(session, container)
        return
      }
      container.enqueue(
        PendingAttachment(
          connect: { [self, weak session] in if let session { try await join(session, container) } },
          ready: { [weak session] result in
            if case .failure(let error) = result { session?.fail(error) }
          }))
    }
  }

  /// Joins the streams of a process that is there.
  private func join(_ session: AttachSession, _ container: Container) async throws {
    var query = LogQuery()
    query.since = Clock.realtime
    (query.standardOutput, query.standardError) = (session.wants(.standardOutput), session.wants(.standardError))
    let attachment = try await runtime.attach(container.id)
    let log: AttachSession.Log = { [runtime, query] in runtime.logs(of: container.id, query) }
    session.connect(
      attachment, end: ContainerWait(container, .nextExit), missed: logsToFile(container.record) ? log : nil)
  }

  /// A container's log, from the monitor's file.
  public func containerLogs(
    _ reference: String, _ request: LogsRequest
  ) async throws(EngineError) -> AsyncThrowingStream<LogEntry, any Error> {
    let record = try table.find(reference).record
    guard logsToFile(record) else {
      throw EngineError(
        .notImplemented, "configured logging driver does not support reading")
    }
    var query = LogQuery()
    query.standardOutput = request.standardOutput
    query.standardError = request.standardError
    query.follow = request.follow && (record.state.isRunning || record.state.status == .restarting)
    query.since = request.since
    query.until = request.until
    query.tail = request.tail
    return runtime.logs(of: record.id, query)
  }
}
