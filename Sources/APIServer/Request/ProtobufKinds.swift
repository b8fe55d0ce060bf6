import APIMachinery
import ClusterAPI

/// Which kinds can be sent in Kubernetes' protobuf form, and how objects are written so.
struct ProtobufKinds: Sendable {
  private static let meta = "io.k8s.apimachinery.pkg.apis.meta.v1."
  /// Kinds of the API itself, which stand in the group and version of the request that they belong to.
  private static let metaKinds: Set<String> = [
    "DeleteOptions", "CreateOptions", "UpdateOptions", "PatchOptions", "Status", "PartialObjectMetadata",
    "PartialObjectMetadataList", "APIGroup", "APIGroupList", "APIResourceList", "APIVersions",
  ]

  let kinds: BuiltinKinds

  /// The definition of a kind that has a layout; nil where it has none.
  func definitionName(apiVersion: String, kind: String) -> String? {
    let name: String?
    if Self.metaKinds.contains(kind) {
      name = Self.meta + kind
    } else {
      let place = GroupVersion(apiVersion: apiVersion) ?? GroupVersion(group: "", version: "")
      name = kinds.definitionName(of: GroupVersionKind(group: place.group, version: place.version, kind: kind))
    }
    return name.flatMap { ProtobufMessages.builtin.has($0) ? $0 : nil }
  }

  /// The definition of the list of a resource's objects.
  static func listDefinitionName(_ target: ServedResource) -> String {
    String(target.version.definitionName.dropLast(target.resource.kind.count)) + target.resource.listKind
  }

  /// An object in its envelope.
  /// - Throws: 406 for a kind that has no layout.
  func bytes(of object: JSONObject) throws(StatusError) -> [UInt8] {
    try bytes(
      ofJSON: JSONValue.object(object).jsonBytes(), apiVersion: object["apiVersion"]?.stringValue ?? "",
      kind: object["kind"]?.stringValue ?? "")
  }

  /// The same out of an object's text.
  func bytes(ofJSON json: [UInt8], apiVersion: String, kind: String) throws(StatusError) -> [UInt8] {
    guard let name = definitionName(apiVersion: apiVersion, kind: kind) else {
      throw StatusError(
        .notAcceptable,
        "object of kind \(kind.goQuoted) does not implement the protobuf marshalling interface and cannot be encoded to a protobuf message"
      )
    }
    do {
      return try ProtobufEncoder().bytes(ofJSON: json, apiVersion: apiVersion, kind: kind, definitionName: name)
    } catch { throw Self.failure(error) }
  }

  /// An object out of its envelope.
  /// - Throws: 400 where it is none, or of a kind that has no layout.
  func object(_ bytes: [UInt8]) throws(StatusError) -> JSONObject {
    let decoder = ProtobufDecoder(bytes)
    do {
      let envelope = try decoder.envelope()
      guard let name = definitionName(apiVersion: envelope.apiVersion, kind: envelope.kind) else {
        throw StatusError.badRequest(
          "no kind \(envelope.kind.goQuoted) is registered for version \(envelope.apiVersion.goQuoted)")
      }
      return try decoder.object(envelope, definitionName: name)
    } catch let error as ProtobufError {
      throw .badRequest(error.message)
    } catch let error as StatusError {
      throw error
    } catch { throw .internalError("\(error)") }
  }

  static func failure(_ error: ProtobufError) -> StatusError {
    .internalError("an object cannot be written as protobuf: \(error.message)")
  }
}
