import APIMachinery
import ClusterAPI
import HTTPService

/// Answers of which the whole is known.
enum Answer {
  private static let lineFeed = UInt8(ascii: "\n")

  /// As kube-apiserver writes JSON: on a line that ends, or, for people, on many of which the last one does not.
  static func json(_ bytes: consuming [UInt8], status: HTTPService.Status = .ok, pretty: Bool = false) -> Response {
    if pretty, let value = try? JSONValue(json: copy bytes) { return indented(value, status: status) }
    if bytes.last != lineFeed { bytes.append(lineFeed) }
    return Response(status, headers: ["Content-Type": ResponseForm.Encoding.json.rawValue], bytes: bytes)
  }

  /// JSON for people.
  static func indented(_ value: JSONValue, status: HTTPService.Status = .ok) -> Response {
    var writer = JSONWriter(layout: .indented)
    writer.append(value)
    return Response(status, headers: ["Content-Type": ResponseForm.Encoding.json.rawValue], bytes: writer.bytes)
  }

  static func yaml(_ value: JSONValue, status: HTTPService.Status = .ok) -> Response {
    Response(status, headers: ["Content-Type": ResponseForm.Encoding.yaml.rawValue], bytes: value.yamlBytes())
  }

  static func protobuf(_ bytes: [UInt8], status: HTTPService.Status = .ok) -> Response {
    Response(status, headers: ["Content-Type": ResponseForm.Encoding.protobuf.rawValue], bytes: bytes)
  }

  /// An object as a tree.
  static func object(
    _ object: JSONObject, _ form: ResponseForm, _ kinds: BuiltinKinds, status: HTTPService.Status = .ok
  ) throws(StatusError) -> Response {
    switch form.encoding {
    case .json: json(JSONValue.object(object).jsonBytes(), status: status, pretty: form.isPretty)
    case .yaml: yaml(.object(object), status: status)
    case .protobuf: protobuf(try ProtobufKinds(kinds: kinds).bytes(of: object), status: status)
    }
  }

  /// What is said of an action that made nothing to be shown.
  static let created: JSONObject = [
    "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success", "code": 201,
  ]

  /// An error in the form in which the request wants objects, as far as there is one.
  static func error(_ error: StatusError, to request: Request?, _ kinds: BuiltinKinds) -> Response {
    let status = HTTPService.Status(error.code)
    let form = request.map { ResponseForm.ofError($0.headers, $0.query) } ?? ResponseForm()
    var response =
      error.json.objectValue.flatMap { try? object($0, form, kinds, status: status) }
      ?? json(error.json.jsonBytes(), status: status)
    if let seconds = error.retryAfterSeconds { response.headers.add("Retry-After", String(seconds)) }
    return response
  }

  /// 429 in the words of kube-apiserver's filter: the client comes again after a second.
  static func tooManyRequests(retryAfter seconds: Int) -> Response {
    var response = Response(.tooManyRequests, text: "Too many requests, please try again later.\n")
    response.headers.add("Retry-After", "\(seconds)")
    response.headers.add("X-Content-Type-Options", "nosniff")
    return response
  }

  /// What is said where nobody could tell whether the request is allowed, in the words of kube-apiserver's filter.
  static func undecided(_ request: Request, _ why: String) -> Response {
    let text = "Internal Server Error: \(request.target.rawPath.goQuoted): \(why)"
    var response = Response(.internalServerError, text: StatusError.sanitized(text) + "\n")
    response.headers.add("X-Content-Type-Options", "nosniff")
    return response
  }

  /// How many characters the warnings of an answer may have together, and, where they have more, each of them.
  private static let mostWarned = (together: 4096, each: 256)

  /// The same with the warnings that a request has gathered (RFC 7234, section 5.5; code 299). Those that no header can hold
  /// are left out.
  static func warned(_ response: Response, _ warnings: [String]) -> Response {
    var response = response
    let warnings = warnings.filter { text in
      !text.unicodeScalars.contains { $0.properties.generalCategory == .control }
    }
    let isLong = warnings.reduce(0) { $0 + $1.unicodeScalars.count } > mostWarned.together
    var written = 0
    for text in warnings where !isLong || written < mostWarned.together {
      let text = isLong ? String(String.UnicodeScalarView(text.unicodeScalars.prefix(mostWarned.each))) : text
      written += text.unicodeScalars.count
      let quoted = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
      response.headers.add("Warning", "299 - \"\(quoted)\"")
    }
    return response
  }
}
