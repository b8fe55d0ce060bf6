import APIMachinery
import ClusterAPI

/// Which objects of a collection a client wants: a namespace is in the key, this is the rest.
struct Selection: Sendable {
  private let labels: LabelSelector
  private let fields: FieldSelector
  /// Where a field stands that has another name in selectors.
  private let paths: [String: [String]]

  static let all = Selection(labels: .everything, fields: .everything, paths: [:])

  private init(labels: LabelSelector, fields: FieldSelector, paths: [String: [String]]) {
    self.labels = labels
    self.fields = fields
    self.paths = paths
  }

  /// Takes the selectors of a query.
  /// - Parameter name: means that one object; empty for any.
  /// - Throws: 400 where one names a field that the kind cannot be selected by.
  init(
    labels: LabelSelector, fields selector: FieldSelector, name: String, _ target: ServedResource,
    _ kinds: BuiltinKinds
  ) throws(StatusError) {
    self.labels = labels
    let kind = target.groupVersionKind
    let hasOwnFields = target.resource.isCustom || kinds.hasSelectorPaths(kind)
    func path(_ field: String) -> [String]? {
      switch field {
      case "metadata.name": return ["metadata", "name"]
      // A kind with fields of its own knows of a namespace only where its objects are in one.
      case "metadata.namespace" where target.resource.isNamespaced || !hasOwnFields: return ["metadata", "namespace"]
      default:
        let place =
          target.resource.isCustom
          ? target.version.selectableFields.first { $0 == "." + field } : kinds.selectorPath(field, of: kind)
        return place.map { $0.split(separator: ".").map(String.init) }
      }
    }
    let checked =
      try hasOwnFields
      ? selector.checked(supports: { path($0) != nil }, refusal: { Self.refusal(of: $0, kind) })
      : selector.checkedForMetadata()
    var terms = checked.terms
    var paths: [String: [String]] = [:]
    for term in terms { paths[term.field] = path(term.field) }
    if !name.isEmpty {
      terms.append(FieldSelector.Term("metadata.name", name))
      paths["metadata.name"] = ["metadata", "name"]
    }
    self.fields = FieldSelector(terms)
    self.paths = paths
  }

  /// Each kind has its own words for it.
  private static func refusal(of field: String, _ kind: GroupVersionKind) -> String {
    switch (kind.group, kind.kind) {
    case ("batch", "Job"): "field label \(field.goQuoted) not supported for Job"
    case ("resource.k8s.io", _): "field label not supported for \(kind): \(field)"
    default: "field label not supported: \(field)"
    }
  }

  /// The name of the one object that can be meant; nil where there may be several.
  var singleName: String? { fields.exactValue(of: "metadata.name") }

  var isEverything: Bool { labels.selectsEverything && fields.selectsEverything }

  /// Whether it looks at more than labels, names and namespaces.
  var looksInside: Bool { paths.keys.contains { $0 != "metadata.name" && $0 != "metadata.namespace" } }

  /// The changes that can concern a watch of what is selected.
  /// - Parameters:
  ///   - prefix: of the keys of all objects looked at, the slash at the end included.
  ///   - isWhole: these are all of the resource, in whichever namespace.
  func scope(_ target: ServedResource, below prefix: String, isWhole: Bool) -> WatchScope {
    if let singleName, !isWhole || !target.resource.isNamespaced { return .object(prefix + singleName) }
    // Fields of custom objects stand where their version has them, and these may be stored in another.
    if !target.resource.isCustom,
      let (field, path) = paths.first(where: { $0.key != "metadata.name" && $0.key != "metadata.namespace" }),
      let value = fields.exactValue(of: field)
    {
      return .field(path, value)
    }
    return isWhole ? .everything : .below(prefix)
  }

  func matches(_ object: CachedObject) -> Bool {
    guard labels.selectsEverything || labels.matches(object.object.header.labels) else { return false }
    guard !fields.selectsEverything else { return true }
    return fields.matches { field in
      switch field {
      case "metadata.name": object.name
      case "metadata.namespace": object.namespace
      default: object.field(paths[field] ?? [field])
      }
    }
  }
}
