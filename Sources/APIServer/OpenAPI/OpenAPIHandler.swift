import APIMachinery
import ClusterAPI
import HTTPService

/// Serves the OpenAPI documents: of version 3 an index and one for every group's version, of version 2 one of everything.
///
/// The index names each document of version 3 with a hash, under which clients keep it for ever.
struct OpenAPIHandler: Sendable {
  private let cache: OpenAPICache

  /// - Parameter others: what other servers have of version 2; nil where there are none.
  init(_ kinds: BuiltinKinds, version: ServerVersion, others: AggregatedOpenAPI? = nil) {
    cache = OpenAPICache(kinds, serverVersion: version.gitVersion, others: others)
  }

  private static let json = "application/json"
  /// As clients ask for protobuf; an `@` has no place in a media type, hence the other names.
  private static let oldProtobufType = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
  private static let oldProtobufTypeOfVersion3 =
    "application/com.github.proto-openapi.spec.v3@v1.0+protobuf"
  /// For how long a client may keep what it has by a hash: a year, in seconds.
  private static let keptFor: Int64 = 365 * 86_400

  /// Nil where the path is no OpenAPI document.
  func respond(_ request: Request, _ snapshot: ResourceCatalog.Snapshot) async throws(StatusError) -> Response? {
    let segments = request.segments
    guard segments.first == "openapi", segments.count >= 2, request.method == .get || request.method == .head else {
      return nil
    }
    switch segments[1] {
    case "v3" where segments.count == 2:
      _ = try negotiate(request, [Self.json])
      return await index(request, snapshot)
    case "v3":
      let groupVersion: GroupVersion
      switch (segments[2], segments.count) {
      case ("api", 4): groupVersion = GroupVersion(group: "", version: segments[3])
      case ("apis", 5): groupVersion = GroupVersion(group: segments[3], version: segments[4])
      default: return Response(.notFound)
      }
      guard snapshot.serves(groupVersion) else { return Response(.notFound) }
      let type = try negotiate(
        request,
        [Self.json, OpenAPIDocuments.protobufTypeOfVersion3, Self.oldProtobufTypeOfVersion3])
      return await version3(groupVersion, isJSON: type == Self.json, request, snapshot)
    case "v2" where segments.count == 2:
      let type = try negotiate(request, [Self.json, OpenAPIDocuments.protobufType, Self.oldProtobufType])
      let isJSON = type == Self.json
      return await answer(
        isJSON ? .version2 : .version2InProtobuf, isJSON ? type : OpenAPIDocuments.protobufType, request, snapshot)
    default: return nil
    }
  }

  /// The first of the client's media types that there is.
  private func negotiate(_ request: Request, _ offered: [String]) throws(StatusError) -> String {
    guard let ranges = MediaRange.accepted(request.headers) else { return offered[0] }
    for range in ranges {
      if range.type == "*/*" || range.type == "application/*" { return offered[0] }
      if offered.contains(range.type) { return range.type }
    }
    throw .notAcceptable(accepted: offered)
  }

  // MARK: Answers

  private func index(_ request: Request, _ snapshot: ResourceCatalog.Snapshot) async -> Response {
    var paths: [(path: String, hash: String)] = []
    for groupVersion in snapshot.groupVersions {
      paths.append((OpenAPIDocuments.path(groupVersion), await cache.hash(.version3(groupVersion), snapshot)))
    }
    let document = OpenAPICache.Document(OpenAPIDocuments.index(paths).jsonBytes())
    if isKnown(document.hash, request) { return tagged(Response(.notModified), document.hash) }
    return tagged(Response(.ok, headers: ["Content-Type": Self.json], bytes: document.bytes), document.hash)
  }

  /// A document of version 3. Whoever asks for a state that is no more is sent to the one that is.
  private func version3(
    _ groupVersion: GroupVersion, isJSON: Bool, _ request: Request,
    _ snapshot: ResourceCatalog.Snapshot
  ) async -> Response {
    let name = isJSON ? OpenAPICache.Name.version3(groupVersion) : .version3InProtobuf(groupVersion)
    let type = isJSON ? Self.json : OpenAPIDocuments.protobufTypeOfVersion3
    guard let asked = request.query["hash"], !asked.isEmpty else {
      return await answer(name, type, request, snapshot)
    }
    // The index has one hash for all forms of a document.
    let hash = await cache.hash(.version3(groupVersion), snapshot)
    guard asked == hash else {
      let place = "/openapi/v3/\(OpenAPIDocuments.path(groupVersion))?hash=\(hash)"
      return Response(.movedPermanently, headers: ["Location": place])
    }
    var response = await answer(name, type, request, snapshot)
    response.headers.add("Cache-Control", "public, immutable")
    response.headers.add("Expires", HTTPDate.format(seconds: Timestamp.now.seconds + Self.keptFor))
    return response
  }

  private func answer(
    _ name: OpenAPICache.Name, _ type: String, _ request: Request, _ snapshot: ResourceCatalog.Snapshot
  ) async -> Response {
    // Whether the client has it is asked first: no document is made for somebody who does not want it.
    var form = name
    // All forms of a document have the tag of its JSON, the one in the index.
    if case .version3InProtobuf(let groupVersion) = name { form = .version3(groupVersion) }
    let isConditional = request.headers["If-None-Match"] != nil
    if isConditional {
      let hash = await cache.hash(form, snapshot)
      if isKnown(hash, request) { return tagged(Response(.notModified), hash) }
    }
    let document = await cache.document(name, snapshot)
    let hash = form == name ? document.hash : await cache.hash(form, snapshot)
    return tagged(Response(.ok, headers: ["Content-Type": type], bytes: document.bytes), hash)
  }

  private func isKnown(_ hash: String, _ request: Request) -> Bool {
    request.headers.tokens("If-None-Match").contains { $0 == "*" || $0 == "\"\(hash)\"" || $0 == "W/\"\(hash)\"" }
  }

  private func tagged(_ response: Response, _ hash: String) -> Response {
    var response = response
    response.headers.add("Etag", "\"\(hash)\"")
    response.headers.add("Vary", "Accept")
    return response
  }
}
