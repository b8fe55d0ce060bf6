import APIMachinery
import ClusterAPI
import HTTPService

/// What is served: `/api`, `/apis` and the resources of each group's version, each by itself and all in one
/// (Kubernetes API concepts, "API discovery").
struct DiscoveryHandler: Sendable {
  let snapshot: ResourceCatalog.Snapshot
  let request: Request
  /// `host:port` by which clients reach the server.
  let address: String
  let kinds: BuiltinKinds
  /// What other servers behind this one serve.
  var others: Aggregation.Versions?

  /// Nil where the path is no discovery document.
  func respond() throws -> Response? {
    var segments = request.segments
    while segments.count > 1, segments.last == "" { segments.removeLast() }
    switch segments.first {
    case "api":
      switch segments.count {
      case 1: return try root(legacy: true)
      case 2: return try resources(GroupVersion(group: "", version: segments[1]))
      default: return nil
      }
    case "apis":
      switch segments.count {
      case 1: return try root(legacy: false)
      case 2: return try group(segments[1])
      case 3: return try resources(GroupVersion(group: segments[1], version: segments[2]))
      default: return nil
      }
    default: return nil
    }
  }

  /// Whether HEAD is taken for GET: with upstream, lists of groups and what is said of groups and of custom kinds have handlers that
  /// look at no method.
  var takesHead: Bool {
    let segments = request.segments
    guard segments.first == "apis" else { return false }
    return segments.count < 3 || !snapshot.resources.contains { !$0.isCustom && $0.group == segments[1] }
  }

  /// The form in which a client takes all resources in one document; nil where it does not. It gets that wherever it names
  /// it, however little it weighs it.
  private var aggregate: ResponseForm.Encoding? {
    for range in MediaRange.accepted(request.headers) ?? []
    where range.parameters["as"] == "APIGroupDiscoveryList" && range.parameters["g"] == "apidiscovery.k8s.io"
      && range.parameters["v"] == "v2"
    {
      if let found = [ResponseForm.Encoding.json, .yaml].first(where: { range.covers($0.rawValue) }) { return found }
    }
    return nil
  }

  /// - Throws: 406 where the client takes no form that there is.
  /// - Parameter isOfGroups: of what groups there are; upstream has another handler for these, with other words for 406.
  private func answer(_ document: JSONObject, isOfGroups: Bool = false) throws(StatusError) -> Response {
    let form: ResponseForm
    do throws(StatusError) {
      form = try ResponseForm.negotiate(request.headers, request.query, for: .status)
    } catch { throw isOfGroups ? .notAcceptable(accepted: ResponseForm.accepted.map(\.rawValue)) : error }
    return try Answer.object(document, form, kinds)
  }

  /// A document that clients keep, and ask for again with its tag.
  private func tagged(_ document: JSONValue, _ encoding: ResponseForm.Encoding) -> Response {
    let bytes = document.jsonBytes()
    // Over what is said: the same document has the same tag from every server.
    let tag = FowlerNollVo.tag(bytes)
    let given = request.headers.all("If-None-Match").joined(separator: ",").split(separator: ",")
    let isKnown = given.contains { $0.filter { $0 != " " } == tag }
    return Response(
      isKnown ? .notModified : .ok,
      headers: [
        "Content-Type": "\(encoding.rawValue);g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList", "ETag": tag,
        "Vary": "Accept",
      ], bytes: isKnown ? [] : encoding == .yaml ? document.yamlBytes() : bytes)
  }

  private func root(legacy: Bool) throws -> Response {
    if let aggregate {
      let groups = groups.filter { $0.isEmpty == legacy }
      let document: JSONValue = [
        "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": [:],
        "items": .array(groups.map(aggregated)),
      ]
      return tagged(document, aggregate)
    }
    if legacy {
      let document: JSONObject = [
        "kind": "APIVersions", "versions": ["v1"],
        "serverAddressByClientCIDRs": [["clientCIDR": "0.0.0.0/0", "serverAddress": .string(address)]],
      ]
      return try answer(document)
    }
    let document: JSONObject = [
      "kind": "APIGroupList", "apiVersion": "v1",
      "groups": .array(groups.filter { !$0.isEmpty }.map { .object(groupDocument($0)) }),
    ]
    return try answer(document, isOfGroups: true)
  }

  /// Groups by their priorities.
  private var groups: [String] {
    let builtin = Set(snapshot.resources.filter { !$0.isCustom }.map(\.group))
    var places: [String: Int] = [:]
    var groups: [(name: String, priority: Int64)] = []
    for name in snapshot.groupVersions.map(\.group) where places[name] == nil {
      places[name] = groups.count
      groups.append((name, builtin.contains(name) ? GroupPriority.builtin(name) : GroupPriority.custom))
    }
    for other in others?.groups ?? [] {
      if let place = places[other.name] {
        groups[place].priority = max(groups[place].priority, other.priority)
      } else {
        groups.append(other)
      }
    }
    return groups.enumerated().sorted {
      ($0.element.priority, $1.offset) > ($1.element.priority, $0.offset)
    }.map(\.element.name)
  }

  /// The versions of a group, the preferred one first, and who describes those of other servers.
  private func versions(ofGroup group: String) -> [(name: String, entry: (() -> JSONValue)?)] {
    let theirs = others?.versions(ofGroup: group) ?? []
    let own = snapshot.versions(ofGroup: group).filter { name in !theirs.contains { $0.name == name } }
    return own.map { ($0, nil) } + theirs.map { ($0.name, $0.entry) }
  }

  private func groupDocument(_ name: String) -> JSONObject {
    let versions = versions(ofGroup: name).map { version, _ -> JSONValue in
      [
        "groupVersion": .string(GroupVersion(group: name, version: version).apiVersion), "version": .string(version),
      ]
    }
    return ["name": .string(name), "versions": .array(versions), "preferredVersion": versions[0]]
  }

  private func group(_ name: String) throws -> Response? {
    guard !versions(ofGroup: name).isEmpty else { return nil }
    var document: JSONObject = ["kind": "APIGroup", "apiVersion": "v1"]
    for (member, value) in groupDocument(name) { document[member] = value }
    return try answer(document, isOfGroups: true)
  }

  private func resources(_ groupVersion: GroupVersion) throws(StatusError) -> Response? {
    guard snapshot.serves(groupVersion) else { return nil }
    var list: [JSONValue] = []
    for served in snapshot.resources(groupVersion) {
      list.append(.object(resourceDocument(served)))
      for subresource in subresources(served) {
        list.append(.object(subresourceDocument(served, subresource)))
      }
    }
    var document: JSONObject = ["kind": "APIResourceList"]
    // The list of the group without a name is older than versions of such lists.
    if !groupVersion.group.isEmpty { document["apiVersion"] = "v1" }
    document["groupVersion"] = .string(groupVersion.apiVersion)
    document["resources"] = .array(list)
    return try answer(document)
  }

  /// Those of built-in kinds in the order of their names, of custom kinds the status before the scale.
  private func subresources(_ served: ServedResource) -> [Subresource] {
    let all = served.version.subresources
    return served.resource.isCustom ? all : all.sorted { $0.name < $1.name }
  }

  private func resourceDocument(_ served: ServedResource) -> JSONObject {
    let resource = served.resource
    var document: JSONObject = [
      "name": .string(resource.plural), "singularName": .string(resource.singular),
      "namespaced": .bool(resource.isNamespaced), "kind": .string(resource.kind),
      "verbs": .array(served.version.verbs.map { .string($0.rawValue) }),
    ]
    if !resource.shortNames.isEmpty { document["shortNames"] = .array(resource.shortNames.map { .string($0) }) }
    if !resource.categories.isEmpty { document["categories"] = .array(resource.categories.map { .string($0) }) }
    if let hash = StorageVersionHash.of(served) { document["storageVersionHash"] = .string(hash) }
    return document
  }

  private func subresourceDocument(_ served: ServedResource, _ subresource: Subresource) -> JSONObject {
    let kind = subresource.kind.groupVersionKind
    var document: JSONObject = [
      "name": .string("\(served.resource.plural)/\(subresource.name)"), "singularName": "",
      "namespaced": .bool(served.resource.isNamespaced),
    ]
    if kind.groupVersion != served.groupVersionKind.groupVersion {
      if !kind.group.isEmpty { document["group"] = .string(kind.group) }
      document["version"] = .string(kind.version)
    }
    document["kind"] = .string(kind.kind)
    document["verbs"] = .array(subresource.verbs.map { .string($0.rawValue) })
    return document
  }

  /// A group as `apidiscovery.k8s.io/v2` describes it.
  private func aggregated(_ group: String) -> JSONValue {
    let versions = versions(ofGroup: group).map { version, entry -> JSONValue in
      if let entry { return entry() }
      let resources = snapshot.resources(GroupVersion(group: group, version: version)).map(aggregated)
      return ["version": .string(version), "resources": .array(resources), "freshness": "Current"]
    }
    var metadata: JSONObject = [:]
    if !group.isEmpty { metadata["name"] = .string(group) }
    return ["metadata": .object(metadata), "versions": .array(versions)]
  }

  private func aggregated(_ served: ServedResource) -> JSONValue {
    // Of built-in kinds, what is of the same version as the resource is told by its kind alone.
    func kind(_ kind: GroupVersionKind) -> JSONValue {
      let isOwn =
        !served.resource.isCustom && kind.group == served.groupVersionKind.group
        && kind.version == served.groupVersionKind.version
      return [
        "group": .string(isOwn ? "" : kind.group), "version": .string(isOwn ? "" : kind.version),
        "kind": .string(kind.kind),
      ]
    }
    let resource = served.resource
    var document: JSONObject = [
      "resource": .string(resource.plural), "responseKind": kind(served.groupVersionKind),
      "scope": resource.isNamespaced ? "Namespaced" : "Cluster", "singularResource": .string(resource.singular),
      "verbs": .array(served.version.verbs.map { .string($0.rawValue) }),
    ]
    if !resource.shortNames.isEmpty { document["shortNames"] = .array(resource.shortNames.map { .string($0) }) }
    if !resource.categories.isEmpty { document["categories"] = .array(resource.categories.map { .string($0) }) }
    let subresources = subresources(served).map { subresource -> JSONValue in
      [
        "subresource": .string(subresource.name), "responseKind": kind(subresource.kind.groupVersionKind),
        "verbs": .array(subresource.verbs.map { .string($0.rawValue) }),
      ]
    }
    if !subresources.isEmpty { document["subresources"] = .array(subresources) }
    return .object(document)
  }
}
