import APIMachinery
import HTTPService
import NIOCore

/// Answers requests about objects and collections: from HTTP to the registry and back.
struct ResourceHandler: Sendable {
  let registry: Registry
  let target: ServedResource
  let context: RequestContext
  let request: Request
  let accounts: ServiceAccounts?

  var info: RequestInfo { context.info }

  func respond() async throws -> Response {
    let allowed = info.subresource.isEmpty ? target.version.verbs : try subresource().verbs
    guard let verb = ResourceVerb(rawValue: info.verb), allowed.contains(verb) else {
      throw StatusError.methodNotAllowed()
    }
    switch verb {
    case .create: try context.checkOptions(of: .create)
    case .update: try context.checkOptions(of: .update)
    case .patch:
      let kind = try PatchKind(contentType: request.headers["Content-Type"], target)
      try context.checkOptions(of: kind == .apply ? .apply : .patch)
    default: break
    }
    let form = try ResponseForm.negotiate(request.headers, request.query)
    if !info.subresource.isEmpty { return try await respondBelow(try subresource(), form) }
    switch verb {
    case .get: return try await get(form)
    case .list: return try await list(form)
    case .watch: return try await watch(form)
    case .create: return try await create(form)
    case .update: return try await update(form)
    case .patch: return try await patch(form)
    case .delete: return try await delete(form)
    case .deletecollection: return try await deleteCollection(form)
    }
  }

  private func subresource() throws(StatusError) -> Subresource {
    guard let subresource = target.version.subresource(info.subresource) else { throw .noSuchPath() }
    return subresource
  }

  private func body() async throws -> [UInt8] {
    do { return try await request.body.collect(upTo: ResourceLimits.largestBody) } catch let error as HTTPServiceError
      where error.code == .bodyTooLarge
    { throw StatusError.requestEntityTooLarge(maximum: Registry.largestObject) }
  }

  var reader: BodyReader { BodyReader(registry: registry, context: context) }

  // MARK: reads

  private func get(_ form: ResponseForm) async throws -> Response {
    let revision = try ListQuery.revision(request.query)
    if revision != 0 { try await registry.settle(revision) }
    let object = try registry.find(target, namespace: info.namespace, name: info.name)
    return try answer(try await registry.bytes(object, target), form)
  }

  private func list(_ form: ResponseForm) async throws -> Response {
    let query = try ListQuery(request.query, target, namespace: info.namespace)
    let page = try await registry.list(
      target, namespace: info.namespace, try selection(query), query.options)
    let envelope = ListEnvelope(
      revision: page.revision, continuation: page.continuation?.description, remaining: page.remaining)
    switch form.shape {
    case .object:
      // Copied as they stand, but for those that are kept in another version.
      let apiVersion = target.groupVersionKind.apiVersion
      let others = page.objects.contains { $0.object.header.apiVersion != apiVersion }
      let converted = others ? try await registry.bytes(page.objects, target) : nil
      var items: [UInt8] = []
      items.reserveCapacity(page.objects.reduce(2) { $0 + $1.object.servedCount + 1 })
      for (index, object) in page.objects.enumerated() {
        if index > 0 { items.append(UInt8(ascii: ",")) }
        if let converted { items += converted[index] } else { object.object.appendServed(to: &items) }
      }
      items += "]}".utf8
      var buffer = ByteBuffer()
      buffer.reserveCapacity(items.count + 512)
      envelope.open(&buffer, kind: target.resource.listKind, apiVersion: apiVersion)
      buffer.writeBytes(items)
      return try answer(buffer, form)
    case .table:
      let trees = try await registry.trees(page.objects, target)
      return try answer(
        TableMaker(target, registry.kinds, form, includeObject: request.query["includeObject"]).table(trees, envelope)
          .jsonBytes(), form
      )
    case .partialMetadata:
      let items = try await registry.trees(page.objects, target).map {
        PartialMetadata.of($0, version: form.metaVersion)
      }
      return try answer(envelope.partialMetadata(items, version: form.metaVersion).jsonBytes(), form)
    }
  }

  private func selection(_ query: ListQuery) throws(StatusError) -> Selection {
    // A name in the path of a watch means that one object.
    try query.selection(target, registry.kinds, name: info.name)
  }

  private func watch(_ form: ResponseForm) async throws -> Response {
    let query = try ListQuery(request.query, target, namespace: info.namespace)
    let selection = try selection(query)
    return try await WatchStream(
      registry: registry, target: target, namespace: info.namespace, selection: selection, query: query, form: form,
      includeObject: request.query["includeObject"], request: request
    ).response()
  }

  // MARK: writes

  private func create(_ form: ResponseForm) async throws -> Response {
    let object = try reader.object(try await body(), target)
    // Nothing is kept of a binding but what it does to its pod.
    if target.groupResource == PodBinding.resource {
      return try await PodBinding(handler: self).respond(object, name: nil)
    }
    let written = try await registry.create(object, target, context)
    return try answer(written.bytes, form, status: .created)
  }

  private func update(_ form: ResponseForm) async throws -> Response {
    let object = try reader.object(try await body(), target)
    return try await replaceOrCreate(object, form)
  }

  private func replaceOrCreate(_ object: JSONObject, _ form: ResponseForm) async throws -> Response {
    let written = try await registry.update(object, target, context)
    return try answer(written.bytes, form, status: written.isNew ? .created : .ok)
  }

  private func patch(_ form: ResponseForm) async throws -> Response {
    let bytes = try await body()
    let written = try await registry.patch(
      try PatchKind(contentType: request.headers["Content-Type"], target), bytes, target, context, reader)
    return try answer(written.bytes, form, status: written.isNew ? .created : .ok)
  }

  private func deletion() async throws -> Deletion {
    let bytes = try await body()
    guard !bytes.isEmpty else { return try Deletion([:], context) }
    guard case .object(let options) = try reader.parse(bytes).value else {
      throw StatusError.badRequest("the delete options are not a JSON object")
    }
    // Nothing is removed by options that were not understood.
    if try DeleteOptions(.object(options)).isDryRun { context.setDryRun() }
    return try Deletion(options, context)
  }

  private func delete(_ form: ResponseForm) async throws -> Response {
    let options = try await deletion()
    switch try await registry.delete(target, context, namespace: info.namespace, name: info.name, options) {
    case .going(let bytes): return try answer(bytes, form)
    case .gone(let object) where target.answersWithDeleted:
      return try answer(try await registry.bytes(object, target), form)
    case .gone(let object):
      let status: JSONValue = [
        "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success",
        "details": .object(
          JSONObject(
            [("name", JSONValue.string(info.name))]
              + (target.resource.group.isEmpty ? [] : [("group", JSONValue.string(target.resource.group))])
              + [("kind", .string(target.resource.plural)), ("uid", .string(object.uid))])),
      ]
      return Answer.json(status.jsonBytes(), pretty: form.isPretty)
    }
  }

  private func deleteCollection(_ form: ResponseForm) async throws -> Response {
    let query = try ListQuery(request.query, target, namespace: info.namespace)
    let removed = try await registry.deleteCollection(
      target, context, try await deletion(), try selection(query))
    var buffer = ByteBuffer()
    let envelope = ListEnvelope(revision: registry.store.revision, continuation: nil, remaining: nil)
    envelope.open(&buffer, kind: target.resource.listKind, apiVersion: target.groupVersionKind.apiVersion)
    for (index, bytes) in removed.enumerated() {
      if index > 0 { buffer.writeInteger(UInt8(ascii: ",")) }
      buffer.writeBytes(bytes)
    }
    buffer.writeStaticString("]}")
    return try answer(buffer, form)
  }

  // MARK: subresources

  private func respondBelow(_ subresource: Subresource, _ form: ResponseForm) async throws -> Response {
    switch subresource.behaviour {
    case .status:
      switch info.verb {
      case "get": return try await get(form)
      case "update": return try await replaceOrCreate(try reader.object(try await body(), target), form)
      default: return try await patch(form)
      }
    case .scale(let paths):
      return try await ScaleHandler(handler: self, paths: paths, kind: subresource.kind).respond(form)
    case .action:
      return try await ActionHandler(handler: self, subresource: subresource).respond(form)
    case .connect:
      let kind = subresource.kind.groupVersionKind
      _ = try await registry.admit(ConnectOptions.object(request.query, kind), kind, .connect, target, context)
      throw StatusError(
        .serviceUnavailable,
        "no node serves \(target.groupResource)/\(subresource.name): this server has no agent that could")
    }
  }

  func requestBody() async throws -> [UInt8] { try await body() }

  // MARK: answers

  func answer(_ bytes: [UInt8], _ form: ResponseForm, status: HTTPService.Status = .ok) throws -> Response {
    switch form.shape {
    case .object:
      if form.encoding == .yaml { return Answer.yaml(try JSONValue(json: bytes), status: status) }
      return try answer(ByteBuffer(bytes: bytes), form, status: status)
    case .table where info.verb != "list":
      let tree = try JSONValue(json: bytes).objectValue ?? [:]
      let envelope = ListEnvelope(revisionText: tree.metadataText("resourceVersion"))
      let table = try TableMaker(target, registry.kinds, form, includeObject: request.query["includeObject"]).table(
        [tree], envelope)
      return Answer.json(table.jsonBytes(), status: status, pretty: form.isPretty)
    case .partialMetadata where info.verb != "list":
      let tree = try JSONValue(json: bytes).objectValue ?? [:]
      return Answer.json(
        PartialMetadata.of(tree, version: form.metaVersion).jsonBytes(), status: status, pretty: form.isPretty)
    default: return Answer.json(bytes, status: status, pretty: form.isPretty)
    }
  }

  private func answer(
    _ buffer: ByteBuffer, _ form: ResponseForm, status: HTTPService.Status = .ok
  ) throws -> Response {
    if form.encoding == .yaml {
      return Answer.yaml(try JSONValue(json: Array(buffer.readableBytesView)), status: status)
    }
    if form.isPretty { return Answer.json(Array(buffer.readableBytesView), status: status, pretty: true) }
    return Response(status, headers: ["Content-Type": "application/json"], buffer: buffer)
  }
}
