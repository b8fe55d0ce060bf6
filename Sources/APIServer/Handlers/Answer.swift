import APIMachinery
import HTTPService

/// JSON answers.
enum Answer {
  static func json(_ bytes: [UInt8], status: HTTPService.Status = .ok, pretty: Bool = false) -> Response {
    var bytes = bytes
    if pretty, let value = try? JSONValue(json: bytes) {
      var writer = JSONWriter(layout: .indented)
      writer.append(value)
      bytes = writer.bytes + [UInt8(ascii: "\n")]
    }
    return Response(status, headers: ["Content-Type": "application/json"], bytes: bytes)
  }

  static func yaml(_ value: JSONValue, status: HTTPService.Status = .ok) -> Response {
    Response(status, headers: ["Content-Type": "application/yaml"], bytes: value.yamlBytes())
  }

  static func error(_ error: StatusError) -> Response {
    var response = json(error.json.jsonBytes(), status: HTTPService.Status(error.code))
    if let seconds = error.retryAfterSeconds { response.headers.add("Retry-After", String(seconds)) }
    return response
  }

  /// 429 in the words of kube-apiserver's filter: the client comes again after a second.
  static func tooManyRequests() -> Response {
    var response = Response(.tooManyRequests, text: "Too many requests, please try again later.\n")
    response.headers.add("Retry-After", "1")
    response.headers.add("X-Content-Type-Options", "nosniff")
    return response
  }

  /// The same with the warnings that a request has gathered (RFC 7234, section 5.5; code 299).
  static func warned(_ response: Response, _ warnings: [String]) -> Response {
    var response = response
    for text in warnings {
      let quoted = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: " ")
      response.headers.add("Warning", "299 - \"\(quoted)\"")
    }
    return response
  }
}
