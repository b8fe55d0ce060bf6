import ContainerEngine
import DockerAPI
import HTTPService

/// One request to an endpoint: what every endpoint needs at hand.
struct Call: Sendable {
  let request: Request
  /// The version that the client asked for; decides about fields and defaults.
  let version: APIVersion
  let engine: ContainerEngine
  let product: DockerServer.Product

  var query: Query { request.query }

  /// The container, image, volume … that the path names.
  var name: String { request.parameters["name"] ?? "" }

  /// The most that a JSON body may hold; real ones have a few kilobytes.
  private static let largestBody = 8 << 20

  /// Whether there is a body, as far as the header tells.
  var hasBody: Bool { request.body.declaredLength != 0 }

  /// The body as a value.
  ///
  /// - Throws: ``QueryError`` where its type is not JSON, ``JSONError`` in Docker's words where it cannot be read.
  func body<Value: JSONCodable>(_ type: Value.Type) async throws -> Value {
    try checkContentType()
    return try DockerJSON.decodeBody(type, from: try await request.body.collect(upTo: Self.largestBody))
  }

  /// The body as a value; the zero value where there is no body.
  func bodyIfPresent<Value: JSONCodable>(_ type: Value.Type) async throws -> Value {
    guard hasBody else { return Value() }
    try checkContentType()
    let bytes = try await request.body.collect(upTo: Self.largestBody)
    return bytes.isEmpty ? Value() : try DockerJSON.decodeBody(type, from: bytes)
  }

  private func checkContentType() throws(QueryError) {
    guard let header = request.headers["Content-Type"], !header.isEmpty else {
      if hasBody { throw QueryError("malformed Content-Type header (): mime: no media type") }
      return
    }
    let type = header.prefix { $0 != ";" }.lowercased().filter { $0 != " " }
    guard type == "application/json" else {
      throw QueryError("unsupported Content-Type header (\(header)): must be 'application/json'")
    }
  }

  /// The `filters` of a list, only those that the endpoint knows.
  func filters(_ accepted: Set<String>) throws(QueryError) -> Filters {
    let filters = try Filters(query["filters"] ?? "")
    try filters.validate(accepted)
    return filters
  }

  /// A word in the query; nil where it is absent or empty.
  func word(_ name: String) -> String? {
    query[name].flatMap { $0.isEmpty ? nil : $0 }
  }

  /// A number in the query; nil where it is absent or empty.
  func integer(_ name: String) throws(QueryError) -> Int? {
    guard let text = word(name) else { return nil }
    guard let number = Int(text) else {
      throw QueryError("strconv.Atoi: parsing \"\(text)\": invalid syntax")
    }
    return number
  }
}

/// Answers one request.
typealias Endpoint = @Sendable (Call) async throws -> Response

extension Response {
  /// A JSON answer, with the line end that Docker's have.
  static func json(_ value: some JSONCodable, _ status: Status = .ok) -> Response {
    Response(status, headers: ["Content-Type": "application/json"], bytes: DockerJSON.encodeLine(value))
  }

  /// An answer without a body.
  static var empty: Response { Response(.noContent) }
}
