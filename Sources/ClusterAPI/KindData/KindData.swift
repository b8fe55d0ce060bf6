import APIMachinery

/// One group in one version, as its text describes it.
public struct KindData: Sendable {
  public var groupVersion: GroupVersion
  /// What the types' names in OpenAPI documents begin with: `io.k8s.api.apps.v1`.
  public var package: String
  /// Objects of the group are stored in this version.
  public var isStorage = true
  /// The types of all groups; nothing is served under its name.
  public var isShared = false
  /// Short names of other packages whose types are used here.
  public var packages: [String: String] = [:]
  public var kinds: [KindEntry] = []
  public var types: [TypeEntry] = []
}

/// A kind that is served: what discovery and tables say of it.
public struct KindEntry: Sendable {
  public var kind: String
  public var plural: String
  public var isNamespaced: Bool
  public var shortNames: [String] = []
  public var categories: [String] = []
  public var verbs: [ResourceVerb] = ResourceVerb.allCases
  /// The resource of the group without a name that keeps the objects; nil where the kind has its own place.
  public var storedAs: String?
  public var subresources: [SubresourceEntry] = []
  public var columns: [PrinterColumn] = []
  /// What field selectors may name.
  public var selectable: [SelectableField] = []
  /// What those who use the kind are warned of, where it is deprecated.
  public var deprecation: String?
  /// Fields that nobody sets who writes the object, beside the status.
  public var reset: [[String]] = []
  /// Where the text describes it.
  public var line: Int

  public var singular: String { kind.lowercased() }
}

/// A path below the objects of a kind.
public struct SubresourceEntry: Sendable {
  public var name: String
  public var verbs: [ResourceVerb]
  public var behaviour: Subresource.Behaviour
  /// The kind that is sent there: `Binding`, or `policy/v1.Eviction`; nil for the kind itself.
  public var kind: String?
  /// Fields that nobody sets who writes there; nil where what a subresource keeps tells them.
  public var reset: [[String]]?
}

/// A type: a definition of the schema.
public struct TypeEntry: Sendable {
  public var name: String
  public var form: Form
  public var mapType: MapType?
  public var union: SchemaUnion?
  /// In which order the members of its values are judged (``SchemaNotes/judgingOrder``); empty where it is that of the fields.
  public var judgingOrder: [String] = []
  public var description: String
  public var fields: [FieldEntry] = []
  public var line: Int

  /// How a type's values look.
  public enum Form: Sendable, Hashable {
    /// An object with the fields that are listed.
    case structure
    /// The same with `apiVersion`, `kind` and `metadata`.
    case object
    /// The same with `apiVersion` and `kind`.
    case typed
    /// Whatever value.
    case any
  }
}

/// A field of a type.
public struct FieldEntry: Sendable {
  public var name: String
  public var type: FieldType
  public var presence: FieldPresence = .omitted
  /// A missing value is told from a zero one.
  public var isOptional = false
  /// Filled with an empty object where it is missing.
  public var isAlways = false
  /// Served as null where it is missing or zero.
  public var isNull = false
  /// Cannot change once the object exists.
  public var isImmutable = false
  /// The feature that must be on for the field to be kept.
  public var feature: String?
  public var listType: ListType?
  public var listMapKeys: [String] = []
  public var mapType: MapType?
  public var patchStrategy: PatchStrategy = []
  public var patchMergeKey: String?
  public var defaultValue: JSONValue?
  /// Whether a missing value is taken for the type's zero by who looks at keys of lists, where the text says so; by
  /// ``FieldEntry/hasZeroValue`` where it does not.
  public var saysZero: Bool?
  public var rules: ValueRules?
  /// What Go calls the field's type (`[]v1.Capability`), where that does not follow from ``type``.
  public var goType: String?
  /// The structures within the type's own in which Go has the field, with dots between them.
  public var embeddedIn: String?
  public var description: String
  public var line: Int

  /// Whether a missing value is the type's zero, and documents name that as the default: Go's structures hold the value
  /// itself, and write it always.
  public var hasZeroValue: Bool { saysZero ?? (isAlways || (presence != .omitted && isScalar && !isOptional)) }

  private var isScalar: Bool {
    switch type {
    case .string, .int32, .int64, .double, .bool, .bytes: true
    default: false
    }
  }
}

/// Whether a field stands in an object as it is served.
public enum FieldPresence: Sendable, Hashable {
  /// Left out where its value is the type's zero: an empty string, list or map, 0, false.
  case omitted
  /// Must be there and not be zero.
  case required
  /// Always there, with the type's zero where it was not set; published as required.
  case written
}

/// The type of a field.
public indirect enum FieldType: Sendable, Hashable {
  case string, int32, int64, double, bool, bytes, any
  case quantity, intOrString, time, microTime
  /// Any object of whatever kind.
  case raw
  /// A set of fields as managed fields note it.
  case fieldSet
  case list(FieldType)
  case map(FieldType)
  /// A type of this text, or with a dot of another package: `PodSpec`, `meta.LabelSelector`.
  case named(String)
}
