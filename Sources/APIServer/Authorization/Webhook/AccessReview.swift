import APIMachinery

/// A request as a `SubjectAccessReview` asks about it (`authorization.k8s.io/v1` and `v1beta1`).
struct AccessReview: Sendable {
  /// In the terms of `v1`.
  let spec: JSONObject
  /// Bytes of what whoever sends the request decides about.
  let size: Int

  init(_ user: User, _ info: RequestInfo) {
    var spec: JSONObject = [:]
    if info.isResource {
      spec["resourceAttributes"] = .object(Self.attributes(info))
    } else {
      spec["nonResourceAttributes"] = .object(Self.texts([("path", info.path), ("verb", info.verb)]))
    }
    if !user.name.isEmpty { spec["user"] = .string(user.name) }
    if !user.groups.isEmpty { spec["groups"] = .array(user.groups.map { .string($0) }) }
    if !user.extra.isEmpty {
      spec["extra"] = .object(
        JSONObject(user.extra.sorted { $0.key < $1.key }.map { ($0.key, .array($0.value.map { .string($0) })) }))
    }
    if !user.uid.isEmpty { spec["uid"] = .string(user.uid) }
    self.spec = spec
    size = [
      info.namespace, info.verb, info.group, info.version, info.resource, info.subresource, info.name, info.path,
    ].reduce(0) { $0 + $1.utf8.count }
  }

  /// The whole review.
  /// - Parameter version: `v1` or `v1beta1`, which calls the groups otherwise.
  func body(_ version: String) -> [UInt8] {
    var spec = spec
    if version == "v1beta1", let groups = spec.remove("groups") { spec["group"] = groups }
    let review: JSONValue = [
      "kind": "SubjectAccessReview", "apiVersion": .string("authorization.k8s.io/\(version)"), "metadata": [:],
      "spec": .object(spec), "status": ["allowed": false],
    ]
    return review.jsonBytes()
  }

  private static func texts(_ members: [(String, String)]) -> JSONObject {
    JSONObject(members.filter { !$0.1.isEmpty }.map { ($0.0, .string($0.1)) })
  }

  private static func attributes(_ info: RequestInfo) -> JSONObject {
    var attributes = texts([
      ("namespace", info.namespace), ("verb", info.verb), ("group", info.group), ("version", info.version),
      ("resource", info.resource), ("subresource", info.subresource), ("name", info.name),
    ])
    // One that cannot be read narrows nothing: the question is then the wider one.
    if let selector = readable({ () throws(StatusError) in try FieldSelector.parse(info.fieldSelector) }) {
      attributes["fieldSelector"] = requirements(
        selector.terms.map { term in
          ["key": .string(term.field), "operator": term.isNegated ? "NotIn" : "In", "values": [.string(term.value)]]
        })
    }
    if let selector = readable({ () throws(StatusError) in try LabelSelector.parse(info.labelSelector) }) {
      attributes["labelSelector"] = requirements(selector.requirements.compactMap(requirement))
    }
    return attributes
  }

  private static func readable<Selector>(_ read: () throws(StatusError) -> Selector) -> Selector? {
    do throws(StatusError) { return try read() } catch { return nil }
  }

  private static func requirements(_ items: [JSONValue]) -> JSONValue? {
    items.isEmpty ? nil : ["requirements": .array(items)]
  }

  private static func requirement(_ requirement: LabelRequirement) -> JSONValue? {
    let word: JSONValue
    switch requirement.operator {
    case .in, .equals, .doubleEquals: word = "In"
    case .notIn, .notEquals: word = "NotIn"
    case .exists: word = "Exists"
    case .doesNotExist: word = "DoesNotExist"
    // A review has no word for them.
    case .greaterThan, .lessThan: return nil
    }
    var item: JSONObject = ["key": .string(requirement.key), "operator": word]
    if !requirement.values.isEmpty { item["values"] = .array(requirement.values.map { .string($0) }) }
    return .object(item)
  }
}
