import ContainerEngine
import ContainerRuntime
import DockerAPI
import HTTPService

/// Further processes in a container that runs.
enum ExecEndpoints {
  static let create: Endpoint = { call in
    let options = try await call.body(ExecOptions.self)
    guard let command = options.cmd, !command.isEmpty else { throw QueryError("No exec command specified") }
    var definition = ExecDefinition(command: command)
    definition.environment = options.env ?? []
    definition.workingDirectory = options.workingDir.isEmpty ? nil : options.workingDir
    definition.user = options.user.isEmpty ? nil : options.user
    definition.terminal = options.tty
    definition.privileged = options.privileged
    definition.standardInput = options.attachStdin
    definition.standardOutput = options.attachStdout
    definition.standardError = options.attachStderr
    definition.detachKeys = options.detachKeys.isEmpty ? nil : options.detachKeys
    return .json(IDResponse(id: try await call.engine.createExec(call.name, definition)), .created)
  }

  static let start: Endpoint = { call in
    let options = try await call.bodyIfPresent(ExecStartOptions.self)
    let exec = try call.engine.inspectExec(call.name)
    // Whether the output is framed is this request's choice, whatever the process got: clients that forget to repeat that
    // it has a terminal expect frames.
    let terminal = options.tty
    var size: (rows: UInt16, columns: UInt16)?
    if let wanted = options.consoleSize, terminal, call.version >= APIVersion(1, 42) {
      size = (UInt16(clamping: wanted.height), UInt16(clamping: wanted.width))
    }
    if options.detach {
      _ = try await call.engine.startExec(exec.id, detached: true, terminal: options.tty, consoleSize: size)
      return Response(.ok)
    }
    try call.engine.checkExecStart(exec.id)
    let consoleSize = size
    let input = exec.definition.standardInput
    let type = AttachEndpoint.contentType(call, terminal: terminal)
    // Docker's order: the connection is taken over first and the process starts then. Clients that read their headers
    // with a buffer would lose output that comes together with them.
    return .takeover(headers: ["Content-Type": type]) { connection in
      do {
        let session = try await call.engine.startExec(
          exec.id, detached: false, terminal: options.tty, consoleSize: consoleSize)
        guard let session else { return }
        await SessionPump.run(session, connection, input: input, multiplexed: !terminal)
      } catch {
        // A program that cannot be run is told in the output; its exit code (126, 127) is there for who inspects.
        let complaint = Array((ErrorAnswer.describe(error).message + "\r\n").utf8)
        try await connection.write(terminal ? complaint : MultiplexedFrame.frame(.standardOutput, complaint))
      }
    }
  }

  static let resize: Endpoint = { call in
    let (rows, columns) = try AttachEndpoint.size(call)
    try await call.engine.resizeExec(call.name, rows: rows, columns: columns)
    return Response(.ok)
  }

  static let inspect: Endpoint = { call in
    let record = try call.engine.inspectExec(call.name)
    var answer = ExecInspect()
    answer.id = record.id
    answer.running = record.isRunning
    answer.exitCode = record.exitCode.map { Int($0) }
    answer.processConfig.tty = record.definition.terminal
    answer.processConfig.entrypoint = record.definition.command.first ?? ""
    answer.processConfig.arguments = Array(record.definition.command.dropFirst())
    answer.processConfig.privileged = record.definition.privileged
    answer.processConfig.user = record.definition.user ?? ""
    answer.openStdin = record.definition.standardInput
    answer.openStdout = record.definition.standardOutput
    answer.openStderr = record.definition.standardError
    answer.canRemove = record.exitCode != nil
    answer.containerID = record.containerID
    answer.pid = Int(record.pid)
    return .json(answer)
  }
}
