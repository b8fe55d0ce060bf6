import ContainerRuntime
import Linux
import Synchronization

/// An exec in memory: they end with the engine, as docker's do.
final class ExecSession: Sendable {
  let containerID: String
  private let state: Mutex<ExecRecord>
  private let executed = Mutex<ExecutedProcess?>(nil)

  init(_ record: ExecRecord) {
    containerID = record.containerID
    state = Mutex(record)
  }

  /// The process, once it runs.
  var process: ExecutedProcess? { executed.withLock { $0 } }

  func setProcess(_ process: ExecutedProcess) { executed.withLock { $0 = process } }

  var record: ExecRecord { state.withLock { $0 } }

  func update(_ body: (inout ExecRecord) -> Void) { state.withLock { body(&$0) } }

  /// The process has ended.
  func end(_ code: Int32) {
    state.withLock { record in
      guard record.isRunning else { return }
      record.isRunning = false
      record.exitCode = code
      record.finished = Clock.realtime
    }
  }

  /// Takes the one start that an exec has.
  func takeStart() -> Bool {
    state.withLock { record in
      if record.started { return false }
      record.started = true
      return true
    }
  }
}

extension ContainerEngine {
  /// Prepares a process to run in a container that runs; returns its id.
  public func createExec(
    _ reference: String, _ definition: ExecDefinition
  ) async throws(EngineError) -> String {
    let record = try table.find(reference).record
    try checkExecutable(record)
    guard !definition.command.isEmpty else { throw EngineError(.invalidParameter, "No exec command specified") }
    do throws(RuntimeError) { _ = try DetachKeys(definition.detachKeys) } catch {
      throw EngineError(
        .invalidParameter, "Invalid escape keys (\(definition.detachKeys ?? "")) provided", cause: error)
    }
    let id = Identifier.random()
    forgetOldExecs()
    execs.withLock { $0[id] = ExecSession(ExecRecord(id: id, containerID: record.id, definition: definition)) }
    publish(record, "exec_create: \(definition.command.joined(separator: " "))", ["execID": id])
    return id
  }

  /// Starts an exec. With `detached` nobody listens and nil is returned.
  public func startExec(
    _ id: String, detached: Bool, terminal: Bool, consoleSize: (rows: UInt16, columns: UInt16)? = nil
  ) async throws(EngineError) -> AttachSession? {
    let session = try exec(id)
    let container: Container
    do { container = try table.find(session.containerID) } catch {
      throw EngineError(.notFound, "No such exec instance: \(id)")
    }
    try checkExecutable(container.record)
    guard session.takeStart() else {
      throw EngineError(.conflict, "Error: Exec command \(id) has already run")
    }
    let record = container.record
    let definition = session.record.definition
    var process = ProcessSpecification(arguments: definition.command)
    let hostname = hostname(of: record)
    process.environment = SpecificationBuilder.environment(
      record.linkEnvironment + record.definition.environment + definition.environment, hostname: hostname,
      terminal: definition.terminal)
    process.workingDirectory =
      definition.workingDirectory.flatMap { $0.isEmpty ? nil : $0 }
      ?? record.definition.workingDirectory.flatMap { $0.isEmpty ? nil : $0 } ?? "/"
    process.user = definition.user.flatMap { $0.isEmpty ? nil : $0 } ?? record.definition.user ?? ""
    process.additionalGroups = record.definition.additionalGroups
    process.terminal = definition.terminal
    if let size = consoleSize, size.rows > 0, size.columns > 0 {
      process.terminalSize = TerminalSize(rows: size.rows, columns: size.columns)
    }
    process.addedCapabilities = record.definition.security.addedCapabilities
    process.droppedCapabilities = record.definition.security.droppedCapabilities
    process.noNewPrivileges = record.definition.security.noNewPrivileges || configuration.noNewPrivileges
    process.seccomp = SpecificationBuilder.seccomp(record.definition.security)
    var choices = ExecChoices()
    choices.privileged = definition.privileged || record.definition.security.privileged
    choices.standardInput = definition.standardInput && !detached
    choices.attach = !detached
    choices.hostname = hostname
    publish(record, "exec_start: \(definition.command.joined(separator: " "))", ["execID": id])
    do {
      // Before the process: a session that cannot be must not leave one behind that nobody waits for.
      let attach =
        detached
        ? nil
        : try AttachSession(
          isTerminal: definition.terminal,
          request: AttachRequest(
            standardInput: definition.standardInput, standardOutput: definition.standardOutput,
            standardError: definition.standardError, detachKeys: definition.detachKeys),
          onDetach: { [self] in publish(container.record, "exec_detach", ["execID": id]) })
      let running = try await runtime.execute(process, in: record.id, id: id, choices)
      session.setProcess(running)
      session.update {
        $0.isRunning = true
        $0.pid = running.pid
      }
      if let attachment = running.attachment { attach?.connect(attachment) }
      spawn { [self] in
        let code = await running.wait()
        session.end(code)
        publish(container.record, "exec_die", ["execID": id, "exitCode": "\(code)"])
      }
      return attach
    } catch {
      let failure = error as? RuntimeError
      session.update {
        $0.exitCode = failure?.startExitCode ?? 128
        $0.finished = Clock.realtime
      }
      let code: EngineError.Code =
        failure.map { [.commandNotFound, .commandNotExecutable, .invalidSpecification].contains($0.code) } == true
        ? .invalidParameter : .internalFailure
      throw EngineError(code, "\(error)", cause: error)
    }
  }

  /// Refuses, before anything happens, what a start of this exec would refuse.
  public func checkExecStart(_ id: String) throws(EngineError) {
    let session = try exec(id)
    guard let container = table[session.containerID] else {
      throw EngineError(.notFound, "No such exec instance: \(id)")
    }
    try checkExecutable(container.record)
    if session.record.started { throw EngineError(.conflict, "Error: Exec command \(id) has already run") }
  }

  /// An exec as it is. Who has seen the end of its output finds the exit code.
  public func inspectExec(_ id: String) throws(EngineError) -> ExecRecord {
    let session = try exec(id)
    if let code = session.process?.exitCode { session.end(code) }
    return session.record
  }

  /// Tells the terminal of an exec how large it is.
  public func resizeExec(_ id: String, rows: UInt16, columns: UInt16) async throws(EngineError) {
    let session = try exec(id)
    guard session.record.isRunning else {
      throw EngineError(.conflict, "exec \(id) is not running")
    }
    do { try await session.process?.resize(TerminalSize(rows: rows, columns: columns)) } catch {
      throw EngineError.wrap(error)
    }
  }

  /// Five minutes after its end nobody asks for an exec any more (docker's figure); a health check makes one each time.
  private func forgetOldExecs() {
    let limit = Clock.realtime - 300_000_000_000
    execs.withLock { execs in
      execs = execs.filter { entry in
        let finished = entry.value.record.finished
        return finished == 0 || finished > limit
      }
    }
  }

  private func exec(_ id: String) throws(EngineError) -> ExecSession {
    guard let session = execs.withLock({ $0[id] }) else {
      throw EngineError(.notFound, "No such exec instance: \(id)")
    }
    return session
  }

  private func checkExecutable(_ record: ContainerRecord) throws(EngineError) {
    switch record.state.status {
    case .running: return
    case .paused:
      throw EngineError(.conflict, "Container \(record.name) is paused, unpause the container before exec")
    case .restarting:
      throw EngineError(
        .conflict, "Container \(record.id) is restarting, wait until the container is running")
    default: throw EngineError(.conflict, "container \(record.id) is not running")
    }
  }
}
