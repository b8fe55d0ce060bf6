import APIMachinery
import ClusterAPI
import HTTPService

/// From the bytes of a request's body to an object of the kind that the path means.
struct BodyReader {
  let registry: Registry
  let context: RequestContext

  static let protobuf = ProtobufEncoder.mediaType
  static let accepted = ["application/json", "application/yaml", protobuf]

  static func yaml(_ bytes: [UInt8]) throws(StatusError) -> JSONValue {
    do { return try YAMLReader.value(of: bytes) } catch {
      throw .badRequest("error converting YAML to JSON: \(error)")
    }
  }

  /// An object in the form that upstream's Go clients send.
  private func protobuf(_ bytes: [UInt8]) throws(StatusError) -> JSONValue {
    let decoder = ProtobufDecoder(bytes)
    do {
      let envelope = try decoder.envelope()
      let name = ProtobufKinds(kinds: registry.kinds)
        .definitionName(apiVersion: envelope.apiVersion, kind: envelope.kind)
      guard let name else {
        throw StatusError.badRequest(
          "no kind \(envelope.kind.goQuoted) is registered for version \(envelope.apiVersion.goQuoted)")
      }
      return .object(try decoder.object(envelope, definitionName: name))
    } catch let error as ProtobufError {
      throw .badRequest(error.message)
    } catch let error as StatusError {
      throw error
    } catch { throw .internalError("\(error)") }
  }

  /// The text as a tree, with the paths of members that stand there twice.
  func parse(_ bytes: [UInt8]) throws(StatusError) -> (value: JSONValue, duplicates: [String]) {
    let type = context.headers["Content-Type"].map { MediaRange($0[...]).type } ?? "application/json"
    switch type {
    case "application/json", "":
      do { return try JSONReader.strictValue(of: bytes) } catch {
        throw .badRequest(
          "the object provided is unrecognized (must be of type \(context.info.resource)): \(error.message)")
      }
    case Self.protobuf: return (try protobuf(bytes), [])
    case "application/yaml": return (try Self.yaml(bytes), [])
    default: throw .unsupportedMediaType(accepted: Self.accepted)
    }
  }

  /// A configuration that is applied: YAML, of which JSON is a part.
  func applied(_ bytes: [UInt8]) throws(StatusError) -> (JSONValue, duplicates: [String]) {
    if let (value, duplicates) = try? JSONReader.strictValue(of: bytes) { return (value, duplicates) }
    return (try Self.yaml(bytes), [])
  }

  /// An object of a kind, checked against its schema: what does not fit is refused, what is unknown is dropped and
  /// reported as the client wants it.
  func object(_ bytes: [UInt8], _ target: ServedResource, kind: KindDescription? = nil) throws(StatusError)
    -> JSONObject
  {
    let (value, duplicates) = try parse(bytes)
    return try object(value, target, kind: kind, duplicates: duplicates)
  }

  func object(
    _ value: JSONValue, _ target: ServedResource, kind: KindDescription? = nil, duplicates: [String] = []
  ) throws(StatusError) -> JSONObject {
    guard case .object(var object) = value else {
      throw .badRequest("the object provided is not a JSON object")
    }
    let expected = kind?.groupVersionKind ?? target.groupVersionKind
    if let text = object["apiVersion"]?.stringValue, !text.isEmpty, text != expected.apiVersion {
      throw .badRequest(
        "the API version in the data (\(text)) does not match the expected API version (\(expected.apiVersion))")
    }
    if let text = object["kind"]?.stringValue, !text.isEmpty, text != expected.kind {
      throw .badRequest(
        "\(text) in version \(expected.version.goQuoted) cannot be handled as a \(expected.kind): the kind does not match"
      )
    }
    let schema = kind?.schema ?? target.version.schema
    let definition = kind?.definitionName ?? target.version.definitionName
    object["kind"] = .string(expected.kind)
    object["apiVersion"] = .string(expected.apiVersion)
    var tree = JSONValue.object(object)
    if !target.resource.isCustom || kind != nil {
      do { try TypeChecker.check(tree, by: schema, definitionName: definition) } catch {
        throw .badRequest(
          "\(expected.kind) in version \(expected.version.goQuoted) cannot be handled as a \(expected.kind): \(error.message)"
        )
      }
    }
    Defaulter.removeNulls(from: &tree, by: schema)
    let unknown = Pruner(metadata: registry.kinds.registry["io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"])
      .prune(&tree, by: schema, isEmbeddedResource: target.resource.isCustom && kind == nil)
    try report(unknown: unknown, duplicates: duplicates, expected)
    return tree.objectValue ?? [:]
  }

  private func report(unknown: [String], duplicates: [String], _ kind: GroupVersionKind) throws(StatusError) {
    let texts = duplicates.map { "duplicate field \($0.goQuoted)" } + unknown.map { "unknown field \($0.goQuoted)" }
    guard !texts.isEmpty else { return }
    switch try context.fieldValidation() {
    case .ignore: return
    case .warn: for text in texts { context.warn(text) }
    case .strict:
      throw .badRequest(
        "\(kind.kind) in version \(kind.version.goQuoted) cannot be handled as a \(kind.kind): strict decoding error: "
          + texts.joined(separator: ", "))
    }
  }
}
