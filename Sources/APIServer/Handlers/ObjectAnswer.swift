import APIMachinery
import ClusterAPI
import HTTPService

/// Writes objects and collections of a resource in the form that a client wants.
struct ObjectAnswer: Sendable {
  private let target: ServedResource
  private let kinds: BuiltinKinds
  let form: ResponseForm
  private let table: (columns: TableColumns, include: IncludeObject)?

  static let metaGroup = "meta.k8s.io/"
  private static let metaDefinitions = "io.k8s.apimachinery.pkg.apis.meta.v1."

  /// - Throws: 400 for an `includeObject` that is not known, where a table is asked for.
  init(
    _ target: ServedResource, _ kinds: BuiltinKinds, _ form: ResponseForm, _ query: Query
  ) throws(StatusError) {
    self.target = target
    self.kinds = kinds
    self.form = form
    table =
      form.shape == .table
      ? (TableColumns(target, kinds), try IncludeObject(QueryParameters(query))) : nil
  }

  // MARK: one object

  /// An object in the form's shape and encoding, without a line feed.
  /// - Parameter hasHead: whether a table tells its columns, as all do but the later ones of a watch.
  func bytes(of object: StoredObject, hasHead: Bool = true) throws(StatusError) -> [UInt8] {
    if form.encoding == .protobuf { return try protobuf(object) }
    switch form.shape {
    case .object: return object.served
    case .partialMetadata:
      var bytes: [UInt8] = []
      object.appendPartialMetadata(to: &bytes, version: form.metaVersion)
      return bytes
    case .table:
      guard let table else { throw .internalError("a table without columns") }
      var writer = TableWriter(
        columns: hasHead ? table.columns.definitions : nil, ListMeta(revision: object.revision),
        include: table.include, version: form.metaVersion)
      writer.append(table.columns.cells(of: object, now: .now), object)
      return writer.finish(withLineFeed: false)
    }
  }

  func one(_ object: StoredObject, status: HTTPService.Status = .ok) throws -> Response {
    try respond(try bytes(of: object), status)
  }

  private func protobuf(_ object: StoredObject) throws(StatusError) -> [UInt8] {
    let tree = object.tree()
    guard form.shape == .partialMetadata else { return try encode(tree) }
    return try encode([
      "kind": "PartialObjectMetadata", "apiVersion": .string(Self.metaGroup + form.metaVersion),
      "metadata": tree["metadata"] ?? [:],
    ])
  }

  func encode(_ tree: JSONObject) throws(StatusError) -> [UInt8] { try ProtobufKinds(kinds: kinds).bytes(of: tree) }

  // MARK: collections

  func list(_ objects: [StoredObject], _ meta: ListMeta) throws -> Response {
    if form.encoding == .protobuf { return Answer.protobuf(try protobuf(objects, meta)) }
    switch form.shape {
    case .object:
      var writer = ListWriter(
        apiVersion: target.groupVersionKind.apiVersion, kind: target.resource.listKind, meta,
        capacity: objects.reduce(256) { $0 + $1.servedCount + 1 })
      for object in objects { writer.append(object) }
      return try respond(writer.finish(), .ok)
    case .partialMetadata:
      var writer = ListWriter(
        apiVersion: Self.metaGroup + form.metaVersion, kind: "PartialObjectMetadataList", meta)
      for object in objects { writer.appendMetadata(of: object, version: form.metaVersion) }
      return try respond(writer.finish(), .ok)
    case .table:
      guard let table else { throw StatusError.internalError("a table without columns") }
      var writer = TableWriter(
        columns: table.columns.definitions, meta, include: table.include, version: form.metaVersion)
      let now = Timestamp.now
      for object in objects { writer.append(table.columns.cells(of: object, now: now), object) }
      return try respond(writer.finish(), .ok)
    }
  }

  /// How many bytes of a long list go out at a time: few enough to stay in a processor's cache on their way.
  private static let pieceSize = 131_072
  /// Shorter lists are not worth the pieces.
  private static let fewestStreamed = 256

  /// A long list that is sent while it is written, out of the bytes that are there already; nil where that is not what
  /// is wanted, or the objects have to be converted first.
  func streamedList(_ objects: [CachedObject], _ meta: ListMeta, isOther: (CachedObject) -> Bool) -> Response? {
    guard form.encoding == .json, form.shape == .object, !form.isPretty, objects.count >= Self.fewestStreamed,
      !objects.contains(where: isOther)
    else { return nil }
    let (apiVersion, kind) = (target.groupVersionKind.apiVersion, target.resource.listKind)
    let headers: Headers = ["Content-Type": ResponseForm.Encoding.json.rawValue]
    return .stream(headers: headers, compresses: true) { writer in
      var list = ListWriter(apiVersion: apiVersion, kind: kind, meta, capacity: Self.pieceSize + 8_192)
      for object in objects {
        list.append(object.object)
        if list.bytes.count >= Self.pieceSize { try await writer.write(list.take()) }
      }
      try await writer.write(list.finish())
    }
  }

  private func protobuf(_ objects: [StoredObject], _ meta: ListMeta) throws(StatusError) -> [UInt8] {
    let isPartial = form.shape == .partialMetadata
    do {
      var encoder =
        isPartial
        ? try ProtobufListEncoder(
          kind: "PartialObjectMetadataList", apiVersion: Self.metaGroup + form.metaVersion,
          definitionName: Self.metaDefinitions + "PartialObjectMetadataList", metadata: meta.json)
        : try ProtobufListEncoder(
          kind: target.resource.listKind, apiVersion: target.groupVersionKind.apiVersion,
          definitionName: ProtobufKinds.listDefinitionName(target), metadata: meta.json)
      for object in objects { try encoder.append(object.tree()) }
      return encoder.finish()
    } catch { throw ProtobufKinds.failure(error) }
  }

  private func respond(_ bytes: [UInt8], _ status: HTTPService.Status) throws -> Response {
    switch form.encoding {
    case .json: Answer.json(bytes, status: status, pretty: form.isPretty)
    case .yaml: Answer.yaml(try JSONValue(json: bytes), status: status)
    case .protobuf: Answer.protobuf(bytes, status: status)
    }
  }
}
