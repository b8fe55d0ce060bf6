import APIMachinery
import ClusterAPI
import HTTPService
import Synchronization

/// Serves the OpenAPI documents: an index with a hash for each, so that clients keep what has not changed, and one for
/// every group's version. Made when they are first asked for, and again when what they describe has changed.
final class OpenAPIHandler: Sendable {
  private struct Entry {
    let number: Int
    let bytes: [UInt8]
    let hash: String
  }
  private let kinds: BuiltinKinds
  private let documents = Mutex<[GroupVersion: Entry]>([:])

  init(_ kinds: BuiltinKinds) { self.kinds = kinds }

  /// Nil where the path is no OpenAPI document.
  func respond(_ request: Request, _ snapshot: ResourceCatalog.Snapshot) throws(StatusError) -> Response? {
    let segments = request.segments
    guard segments.first == "openapi", segments.count >= 2 else { return nil }
    switch segments[1] {
    case "v3":
      if segments.count == 2 { return index(snapshot) }
      let groupVersion: GroupVersion
      switch (segments[2], segments.count) {
      case ("api", 4): groupVersion = GroupVersion(group: "", version: segments[3])
      case ("apis", 5): groupVersion = GroupVersion(group: segments[3], version: segments[4])
      default: return nil
      }
      guard snapshot.serves(groupVersion) else { return nil }
      try accept(request)
      let entry = entry(groupVersion, snapshot)
      var response = Answer.json(entry.bytes)
      response.headers.add("Etag", "\"\(entry.hash)\"")
      if request.query["hash"] == entry.hash { response.headers.add("Cache-Control", "public, immutable") }
      return response
    case "v2":
      try accept(request)
      return Answer.json(OpenAPIVersion2(kinds: kinds, snapshot: snapshot).json().jsonBytes())
    default: return nil
    }
  }

  /// These documents are served as JSON alone; a client that insists on protobuf is told so.
  private func accept(_ request: Request) throws(StatusError) {
    let accept = request.headers.all("Accept").joined(separator: ",")
    guard !accept.isEmpty else { return }
    let types = accept.split(separator: ",").map { MediaRange($0).type }
    guard types.contains(where: { ["application/json", "*/*", "application/*"].contains($0) }) else {
      throw .notAcceptable(accepted: ["application/json"])
    }
  }

  private func index(_ snapshot: ResourceCatalog.Snapshot) -> Response {
    var paths = JSONObject()
    for groupVersion in snapshot.groupVersions {
      let path = String(groupVersion.path.dropFirst())
      let url = "/openapi/v3/\(path)?hash=\(entry(groupVersion, snapshot).hash)"
      paths[path] = ["serverRelativeURL": .string(url)]
    }
    return Answer.json(JSONValue.object(["paths": .object(paths)]).jsonBytes())
  }

  private func entry(_ groupVersion: GroupVersion, _ snapshot: ResourceCatalog.Snapshot) -> Entry {
    let resources = snapshot.resources(groupVersion)
    let isFixed = !resources.contains { $0.resource.isCustom }
    if let known = documents.withLock({ $0[groupVersion] }), isFixed || known.number == snapshot.number { return known }
    let document = OpenAPIDocument(groupVersion: groupVersion, resources: resources, registry: kinds.registry)
    let bytes = document.json().jsonBytes()
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    let entry = Entry(number: snapshot.number, bytes: bytes, hash: String(hash, radix: 16, uppercase: true))
    documents.withLock { $0[groupVersion] = entry }
    return entry
  }
}
