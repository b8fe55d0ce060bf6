import APIMachinery
import ClusterAPI

/// Which objects of a collection a client wants: a namespace is in the key, this is the rest.
struct Selection: Sendable {
  private let labels: LabelSelector
  private let fields: FieldSelector
  /// What the fields are compared by that selectors name.
  private let places: [String: SelectableField]

  static let all = Selection(labels: .everything, fields: .everything, places: [:])

  private init(labels: LabelSelector, fields: FieldSelector, places: [String: SelectableField]) {
    self.labels = labels
    self.fields = fields
    self.places = places
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
    let hasOwnFields = target.resource.isCustom || kinds.hasSelectableFields(kind)
    func place(_ field: String) -> SelectableField? {
      switch field {
      case "metadata.name": return SelectableField(name: field, path: ["metadata", "name"])
      // A kind with fields of its own knows of a namespace only where its objects are in one.
      case "metadata.namespace" where target.resource.isNamespaced || !hasOwnFields:
        return SelectableField(name: field, path: ["metadata", "namespace"])
      default:
        guard target.resource.isCustom else { return kinds.selectableField(field, of: kind) }
        guard target.version.selectableFields.contains("." + field) else { return nil }
        return SelectableField(name: field, path: field.split(separator: ".").map(String.init))
      }
    }
    let checked =
      try hasOwnFields
      ? selector.checked(refusal: { Self.refusal(of: $0, kind) }, supports: { place($0) != nil })
      : selector.checkedForMetadata()
    var terms = checked.terms
    var places: [String: SelectableField] = [:]
    for term in terms { places[term.field] = place(term.field) }
    if !name.isEmpty {
      terms.append(FieldSelector.Term("metadata.name", name))
      places["metadata.name"] = SelectableField(name: "metadata.name", path: ["metadata", "name"])
    }
    self.fields = FieldSelector(terms)
    self.places = places
  }

  /// Each kind has its own words for it.
  private static func refusal(of field: String, _ kind: GroupVersionKind) -> String {
    switch (kind.group, kind.kind) {
    case ("batch", "Job"): "field label \(field.goQuoted) not supported for Job"
    case ("resource.k8s.io", "ResourceSlice"): "field label not supported for \(kind): \(field)"
    default: "field label not supported: \(field)"
    }
  }

  /// The name of the one object that can be meant; nil where there may be several.
  var singleName: String? { fields.exactValue(of: "metadata.name") }

  var isEverything: Bool { labels.selectsEverything && fields.selectsEverything }

  /// Whether it looks at more than labels, names and namespaces.
  var looksInside: Bool { places.keys.contains { $0 != "metadata.name" && $0 != "metadata.namespace" } }

  /// The changes that can concern a watch of what is selected.
  /// - Parameters:
  ///   - prefix: of the keys of all objects looked at, the slash at the end included.
  ///   - isWhole: these are all of the resource, in whichever namespace.
  func scope(_ target: ServedResource, below prefix: String, isWhole: Bool) -> WatchScope {
    if let singleName, !isWhole || !target.resource.isNamespaced { return .object(prefix + singleName) }
    // Fields of custom objects stand where their version has them, and these may be stored in another.
    if !target.resource.isCustom,
      let (field, place) = places.first(where: { $0.key != "metadata.name" && $0.key != "metadata.namespace" }),
      place.otherwise == nil, let value = fields.exactValue(of: field)
    {
      return .field(place.path, value)
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
      default: places[field].map(object.field) ?? ""
      }
    }
  }
}
