import APIMachinery
import ClusterAPI
import HTTPService
import NIOCore

/// Writes objects and collections of a resource in the form that a client wants.
struct ObjectAnswer: Sendable {
  private let target: ServedResource
  private let kinds: BuiltinKinds
  let form: ResponseForm
  private let table: (columns: TableColumns, include: IncludeObject)?

  static let metaGroup = "meta.k8s.io/"
  private static let metaDefinitions = "io.k8s.apimachinery.pkg.apis.meta.v1."

  /// - Parameter columns: those of a table; nil: the resource's.
  /// - Throws: 400 for an `includeObject` that is not known, where a table is asked for.
  init(
    _ target: ServedResource, _ kinds: BuiltinKinds, _ form: ResponseForm, _ query: Query, columns: TableColumns? = nil
  ) throws(StatusError) {
    self.target = target
    self.kinds = kinds
    self.form = form
    table =
      form.shape == .table
      ? (columns ?? TableColumns(target, kinds), try IncludeObject(QueryParameters(query))) : nil
  }

  // MARK: one object

  /// An object in the form's shape and encoding, without a line feed.
  /// - Parameter hasHead: whether a table tells its columns, as all do but the later ones of a watch.
  func bytes(of object: StoredObject, hasHead: Bool = true) throws(StatusError) -> [UInt8] {
    if form.encoding == .protobuf { return try protobuf(object) }
    switch form.shape {
    case .object: return object.served
    case .partialMetadata: return partialMetadata(object)
    case .table:
      guard let table else { throw .internalError("a table without columns") }
      var writer = TableWriter(
        columns: hasHead ? table.columns.definitions : nil, ListMeta(revision: object.revision),
        include: table.include, version: form.metaVersion)
      writer.append(table.columns.row(of: object, now: .now), object)
      return writer.finish(withLineFeed: false)
    }
  }

  /// - Throws: 406 where metadata of a list is asked for.
  func one(_ object: StoredObject, status: HTTPService.Status = .ok) throws -> Response {
    if form.shape == .partialMetadata, form.isOfList {
      let name = InternalTypeName.of(target, kind: object.header.kind)
      throw StatusError.notAcceptable(
        "you requested PartialObjectMetadataList, but the requested object is not a list (*\(name))")
    }
    return try respond(try bytes(of: object), status)
  }

  private func protobuf(_ object: StoredObject) throws(StatusError) -> [UInt8] {
    let (header, protobuf) = (object.header, ProtobufKinds(kinds: kinds))
    guard form.shape == .partialMetadata else {
      return try protobuf.bytes(ofJSON: object.served, apiVersion: header.apiVersion, kind: header.kind)
    }
    return try protobuf.bytes(
      ofJSON: partialMetadata(object), apiVersion: Self.metaGroup + form.metaVersion, kind: "PartialObjectMetadata")
  }

  private func partialMetadata(_ object: StoredObject) -> [UInt8] {
    var bytes: [UInt8] = []
    object.appendPartialMetadata(to: &bytes, version: form.metaVersion)
    return bytes
  }

  func encode(_ tree: JSONObject) throws(StatusError) -> [UInt8] { try ProtobufKinds(kinds: kinds).bytes(of: tree) }

  // MARK: collections

  /// The kind that items of a list do not tell; nil where they do, as custom objects do.
  private var itemKind: String? { target.resource.isCustom ? nil : target.resource.kind }

  /// - Throws: 406 where metadata of an object is asked for.
  func list(_ objects: [StoredObject], _ meta: ListMeta) throws -> Response {
    if form.shape == .partialMetadata, !form.isOfList {
      let name = InternalTypeName.of(target, kind: target.resource.listKind)
      throw StatusError.notAcceptable(
        "you requested PartialObjectMetadata, but the requested object is a list (*\(name))")
    }
    if form.encoding == .protobuf {
      let list = try protobufList(meta)
      return ProtobufListPieces(list, try objects.map { try protobufItem($0, of: list) })
        .response(.protobuf, streams: false)
    }
    switch form.shape {
    case .object:
      var writer = ListWriter(
        apiVersion: target.groupVersionKind.apiVersion, kind: target.resource.listKind, itemKind: itemKind, meta,
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
      for object in table.columns.ordered(objects) { writer.append(table.columns.row(of: object, now: now), object) }
      return try respond(writer.finish(), .ok)
    }
  }

  /// A list of objects as they are stored, in the forms in which most clients want it; nil where this one wants another.
  /// - Parameter streams: whether a long one may be made piece by piece while it is sent.
  func storedList(
    _ objects: ArraySlice<CachedObject>, _ meta: ListMeta, streams: Bool
  ) throws(StatusError) -> Response? {
    if form.encoding == .protobuf, form.shape == .object {
      let list = try protobufList(meta)
      var items: [[UInt8]] = []
      items.reserveCapacity(objects.count)
      for object in objects {
        items.append(
          try object.protobufItem { () throws(StatusError) in try protobufItem(object.object, of: list) })
      }
      return ProtobufListPieces(list, items).response(.protobuf, streams: streams)
    }
    guard form.encoding == .json, form.shape == .object, !form.isPretty else { return nil }
    let pieces = StoredListPieces(
      objects, apiVersion: target.groupVersionKind.apiVersion, kind: target.resource.listKind, itemKind: itemKind, meta)
    return pieces.response(.json, streams: streams)
  }

  private func protobufList(_ meta: ListMeta) throws(StatusError) -> ProtobufList {
    let isPartial = form.shape == .partialMetadata
    do {
      return isPartial
        ? try ProtobufList(
          kind: "PartialObjectMetadataList", apiVersion: Self.metaGroup + form.metaVersion,
          definitionName: Self.metaDefinitions + "PartialObjectMetadataList", metadata: meta.json)
        : try ProtobufList(
          kind: target.resource.listKind, apiVersion: target.groupVersionKind.apiVersion,
          definitionName: ProtobufKinds.listDefinitionName(target), metadata: meta.json)
    } catch { throw ProtobufKinds.failure(error) }
  }

  private func protobufItem(_ object: StoredObject, of list: ProtobufList) throws(StatusError) -> [UInt8] {
    do { return try list.item(json: form.shape == .partialMetadata ? partialMetadata(object) : object.served) } catch {
      throw ProtobufKinds.failure(error)
    }
  }

  private func respond(_ bytes: [UInt8], _ status: HTTPService.Status) throws -> Response {
    switch form.encoding {
    case .json: Answer.json(bytes, status: status, pretty: form.isPretty)
    case .yaml: Answer.yaml(try JSONValue(json: bytes), status: status)
    case .protobuf: Answer.protobuf(bytes, status: status)
    }
  }
}
