import ContainerEngine
import DockerAPI
import HTTPService

/// `POST /containers/{id}/wait`.
enum WaitEndpoint {
  static let wait: Endpoint = { call in
    let condition = try condition(call)
    let wait = try call.engine.waitContainer(call.name, until: condition)
    // Why a start failed is told to whoever started it; a wait that was begun before tells it only about its own failure.
    let tellsError = condition == .notRunning
    let headers: Headers = ["Content-Type": "application/json"]
    if call.version < APIVersion(1, 30) {
      let (code, error) = try await wait.value()
      return Response(.ok, headers: headers, bytes: DockerJSON.encodeLine(answer(code, tellsError ? error : nil)))
    }
    return .stream(headers: headers, endsWithServer: true) { writer in
      // The client starts the container only after it has the header: by then the wait is registered.
      try await writer.start()
      try await writer.write(DockerJSON.encodeLine(await outcome(wait, tellsError: tellsError)))
    }
  }

  /// How the container ended; a wait that fails after the header was sent can only say so in the body.
  private static func outcome(_ wait: ContainerWait, tellsError: Bool) async -> WaitResponse {
    do {
      let (code, error) = try await wait.value()
      return answer(code, tellsError ? error : nil)
    } catch {
      return answer(-1, error.message)
    }
  }

  private static func answer(_ code: Int32, _ error: String?) -> WaitResponse {
    var answer = WaitResponse()
    answer.statusCode = Int64(code)
    if let error, !error.isEmpty { answer.error = WaitExitError(message: error) }
    return answer
  }

  private static func condition(_ call: Call) throws(QueryError) -> WaitCondition {
    guard call.version >= APIVersion(1, 30), let text = call.query["condition"], !text.isEmpty else {
      return .notRunning
    }
    switch text {
    case "not-running": return .notRunning
    case "next-exit": return .nextExit
    case "removed": return .removed
    default: throw QueryError("invalid condition: \"\(text)\"")
    }
  }
}
