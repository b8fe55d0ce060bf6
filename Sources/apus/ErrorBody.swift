import ContainerEngine
import HTTPService

/// The answer to what never reached a route, in Docker's shape: `{"message": …}`.
enum ErrorBody {
  @Sendable static func render(_ error: any Error, _ request: Request?) -> Response {
    let status = (error as? HTTPServiceError)?.status ?? .internalServerError
    let message = (error as? EngineError)?.message ?? "\(error)"
    var text = ""
    for scalar in message.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      default: text.unicodeScalars.append(scalar.value < 0x20 ? " " : scalar)
      }
    }
    return Response(status, headers: ["Content-Type": "application/json"], bytes: "{\"message\":\"\(text)\"}\n".utf8)
  }
}
