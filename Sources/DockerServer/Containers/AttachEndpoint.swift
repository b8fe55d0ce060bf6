import ContainerEngine
import DockerAPI
import HTTPService

/// `POST /containers/{id}/attach` and `…/resize`.
enum AttachEndpoint {
  static let attach: Endpoint = { call in
    let query = call.query
    let record = try call.engine.container(call.name)
    let input = query.flag("stdin") && record.definition.openStandardInput
    let session = try await call.engine.attachContainer(
      record.id,
      AttachRequest(
        standardInput: input, standardOutput: query.flag("stdout"), standardError: query.flag("stderr"),
        logs: query.flag("logs"), stream: query.flag("stream"),
        detachKeys: query["detachKeys"].flatMap { $0.isEmpty ? nil : $0 }))
    let terminal = record.definition.terminal
    let type = contentType(call, terminal: terminal)
    let logs = query.flag("logs")
    return .takeover(headers: ["Content-Type": type]) { connection in
      // Clients that read the answer's head with a buffer lose what comes together with it, and what was logged is there
      // at once.
      if logs { try await Task.sleep(for: leadOfHead) }
      await SessionPump.run(session, connection, input: input, multiplexed: !terminal)
    }
  }

  /// How long the head of an answer is alone on its way where its body would come together with it. A help to clients that
  /// read it in a buffer, and no promise: docker takes about as long to find what was logged.
  private static let leadOfHead = Duration.milliseconds(5)

  /// Only clients that upgrade, and know of it, are told that the stream is multiplexed.
  static func contentType(_ call: Call, terminal: Bool) -> String {
    let tell = !terminal && !call.request.upgrade.isEmpty && call.version >= APIVersion(1, 42)
    return tell ? StreamType.multiplexed : StreamType.raw
  }

  static let resize: Endpoint = { call in
    let (rows, columns) = try size(call)
    try await call.engine.resizeContainer(call.name, rows: rows, columns: columns)
    return Response(.ok)
  }

  /// The size in the query.
  static func size(_ call: Call) throws(QueryError) -> (rows: UInt16, columns: UInt16) {
    (try side(call, "h", "height"), try side(call, "w", "width"))
  }

  private static func side(_ call: Call, _ name: String, _ word: String) throws(QueryError) -> UInt16 {
    let text = call.query[name] ?? ""
    guard let number = UInt32(text), text.first != "+" else {
      throw QueryError("invalid resize \(word) \"\(text)\": invalid syntax")
    }
    guard let side = UInt16(exactly: number) else {
      throw QueryError("invalid resize \(word) \"\(text)\": value out of range")
    }
    return side
  }
}
