import APIMachinery
import HTTPService

/// Answers requests about objects and collections: from HTTP to the registry and back.
struct ResourceHandler: Sendable {
  let registry: Registry
  let target: ServedResource
  let context: RequestContext
  let request: Request
  let accounts: ServiceAccounts?
  /// Who knows the objects of a kind that is not stored; nil for all other kinds.
  var components: ComponentStatuses?

  var info: RequestInfo { context.info }

  func respond() async throws -> Response {
    try checkPlace()
    if let connection = ConnectHandler(self) { return try await connection.respond() }
    // Of built-in kinds only a proxy passes it on.
    if request.method == .head, !target.resource.isCustom { throw StatusError.methodNotAllowed() }
    guard info.rest.isEmpty else { throw StatusError.noSuchPath() }
    // Custom objects have every verb; one of a definition that goes is refused later, where it makes something new.
    let verbs = target.resource.isCustom ? ResourceVerb.allCases : target.version.verbs
    let allowed = info.subresource.isEmpty ? verbs : try subresource().verbs
    guard let verb = ResourceVerb(rawValue: info.verb), allowed.contains(verb) else {
      throw StatusError.methodNotAllowed()
    }
    try checkName()
    switch verb {
    case .create, .update: _ = try context.writeOptions()
    case .patch:
      _ = try PatchKind(contentType: request.headers["Content-Type"], target)
      _ = try context.writeOptions()
    default: break
    }
    let form = try form(verb)
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

  func checkName() throws(StatusError) {
    let problems = NameRules.pathSegment(info.name)
    guard problems.isEmpty else {
      throw StatusError.badRequest(
        "Name parameter invalid: \(info.name.goQuoted): \(problems.joined(separator: ";"))")
    }
  }

  /// What the client wants, of what there is for the kind. What is sent to a subresource to be acted on (an eviction, a
  /// binding, a request for a token) is kept nowhere, and no table shows it.
  private func form(_ verb: ResourceVerb) throws(StatusError) -> ResponseForm {
    let isActedOn = verb == .create && !info.subresource.isEmpty
    return try ResponseForm.negotiate(
      request.headers, request.query, for: target.resource.isCustom ? .custom : isActedOn ? .answer : .builtin,
      isWatch: verb == .watch, isWatchable: verb == .watch || verb == .list)
  }

  /// A method is for one object or for a collection; over all namespaces there are only lists and watches. A kind whose
  /// objects are only ever created has no paths of objects.
  func checkPlace() throws(StatusError) {
    let isAcross = target.resource.isNamespaced && info.namespace.isEmpty
    guard isPathOfOne else {
      switch request.method {
      case .get, .head: return
      case .post where !isAcross, .delete where !isAcross: return
      default: throw .methodNotAllowed()
      }
    }
    if isAcross || (!target.resource.isCustom && Self.verbsOfOne.isDisjoint(with: target.version.verbs)) {
      throw .noSuchPath()
    }
    if request.method == .post, info.subresource.isEmpty { throw .methodNotAllowed() }
  }

  private static let verbsOfOne: Set<ResourceVerb> = [.get, .update, .patch, .delete]

  /// Whether the path names an object, and not just a selector for the one of a name.
  private var isPathOfOne: Bool { !info.name.isEmpty && !info.isSelectedByName }

  private func subresource() throws(StatusError) -> Subresource {
    guard let subresource = target.version.subresource(info.subresource) else {
      throw target.resource.isCustom ? .notFound(target.groupResource, info.name) : .noSuchPath()
    }
    return subresource
  }

  private func body() async throws -> [UInt8] {
    try await request.body.collectObject()
  }

  var reader: BodyReader { BodyReader(registry: registry, context: context) }

  // MARK: reads

  private func get(_ form: ResponseForm) async throws -> Response {
    switch try GetOptions(QueryParameters(request.query)).wanted() {
    case .any: break
    case .notOlderThan(let revision): try await registry.settle(revision)
    default: try await registry.settle(nil)
    }
    if let components { return try answer(form).one(try await components.find(info.name)) }
    let object = try registry.find(target, namespace: info.namespace, name: info.name)
    return try answer(form).one(try await registry.shown(object, target))
  }

  private func list(_ form: ResponseForm) async throws -> Response {
    let options = try ListOptions(QueryParameters(request.query), isWatch: false)
    let selection = try selection(options)
    if let components {
      let found = await components.objects().filter { selection.matches(CachedObject(key: "", $0)) }
      return try answer(form).list(found, ListMeta())
    }
    let page = try await registry.list(target, namespace: info.namespace, selection, options)
    return try await answer(page, form)
  }

  private func answer(_ page: Registry.Page, _ form: ResponseForm) async throws -> Response {
    let answer = try answer(form)
    let meta = ListMeta(
      revision: UInt64(page.revision), continueToken: page.continuation?.description,
      remainingItemCount: page.remaining.map { Int64($0) })
    if registry.isAsStored(page, target) {
      let streams = request.method == .get && !context.isAudited
      if form.encoding == .protobuf, form.shape == .object { registry.cache(of: target).keepProtobuf() }
      if let stored = try answer.storedList(page.objects, meta, streams: streams) { return stored }
    }
    return try answer.list(try await registry.shown(Array(page.objects), target), meta)
  }

  private func selection(_ options: ListOptions) throws(StatusError) -> Selection {
    // A name in the path of a watch means that one object.
    try Selection(
      labels: options.labelSelector, fields: options.fieldSelector, name: info.name, target, registry.kinds)
  }

  private func watch(_ form: ResponseForm) async throws -> Response {
    let options = try ListOptions(QueryParameters(request.query), isWatch: true)
    let selection = try selection(options)
    try registry.requireReadable(target, namespace: info.namespace, selection)
    return try await WatchStream(
      registry: registry, target: target, namespace: info.namespace, selection: selection, options: options,
      answer: try answer(form), request: request
    ).response()
  }

  // MARK: writes

  private func create(_ form: ResponseForm) async throws -> Response {
    let object = try reader.object(try await body(), target)
    // Nothing is kept of a binding but what it does to its pod.
    if target.groupResource == PodBinding.resource {
      return try await PodBinding(handler: self).respond(object, target.kind, form)
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

  /// The options of a deletion stand in the body; where there is none, in the query.
  private func deletion() async throws -> DeleteOptions {
    let bytes = try await body()
    let options =
      bytes.isEmpty
      ? try DeleteOptions(QueryParameters(request.query))
      : try DeleteOptions(try reader.parse(bytes, kind: "DeleteOptions").value)
    if let text = DependentsPolicy.warning(of: options, target.groupResource) { context.warn(text) }
    return options
  }

  private func delete(_ form: ResponseForm) async throws -> Response {
    let options = try await deletion()
    if options.ignoresReadError {
      try await registry.deleteUnreadable(target, context, namespace: info.namespace, name: info.name, options)
      return try gone(uid: "", form)
    }
    switch try await registry.delete(target, context, namespace: info.namespace, name: info.name, options) {
    case .going(let object):
      // Only who asks for dependents to go in the old words is told that it has not gone yet.
      return try answer(form).one(object, status: options.orphanDependents == false ? .accepted : .ok)
    case .gone(let object) where target.resource.answersWithDeleted:
      return try answer(form).one(try await registry.shown(object, target))
    case .gone(let object): return try gone(uid: object.uid, form)
    }
  }

  /// What a client is told of an object that has gone.
  private func gone(uid: String, _ form: ResponseForm) throws -> Response {
    let details = [
      ("name", info.name), ("group", target.resource.group), ("kind", target.resource.plural), ("uid", uid),
    ]
    let status: JSONObject = [
      "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success",
      "details": .object(JSONObject(details.filter { !$0.1.isEmpty }.map { ($0.0, JSONValue.string($0.1)) })),
    ]
    return try Answer.object(status, form, registry.kinds)
  }

  private func deleteCollection(_ form: ResponseForm) async throws -> Response {
    let options = try ListOptions(QueryParameters(request.query), isWatch: false)
    let deletion = try await deletion()
    guard !deletion.ignoresReadError else {
      throw StatusError.invalid(
        GroupKind(group: "meta.k8s.io", kind: "DeleteOptions"), "",
        [
          .invalid(
            FieldPath(DeleteOptions.ignoresReadErrorName), true,
            "is not allowed with DELETECOLLECTION, try again after removing the option")
        ])
    }
    let removed = try await registry.deleteCollection(target, context, deletion, try selection(options), options)
    return try await answer(removed, form)
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
    case .connect: return try await ConnectHandler.answer(self, subresource)
    }
  }

  func requestBody() async throws -> [UInt8] { try await body() }

  // MARK: answers

  private func answer(_ form: ResponseForm) throws(StatusError) -> ObjectAnswer {
    try ObjectAnswer(target, registry.kinds, form, request.query)
  }

  /// An object of the resource.
  func answer(_ bytes: [UInt8], _ form: ResponseForm, status: HTTPService.Status = .ok) throws -> Response {
    // Most often nothing is to be done with them.
    if form.shape == .object, form.encoding == .json {
      return Answer.json(bytes, status: status, pretty: form.isPretty)
    }
    guard case .object(let tree) = try JSONValue(json: bytes) else { throw StatusError.internalError("no object") }
    if form.shape == .object { return try Answer.object(tree, form, registry.kinds, status: status) }
    let revision = UInt64(tree.metadataText("resourceVersion")) ?? 0
    return try answer(form).one(StoredObject(tree, revision: revision), status: status)
  }
}
