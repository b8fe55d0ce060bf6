import Synchronization

/// What a JSON value may look like and how it is merged, defaulted and validated: one node of a structural schema.
///
/// Built-in kinds and custom kinds are described by the same nodes. The words are those of OpenAPI v3 and of Kubernetes'
/// extensions (`x-kubernetes-…`) in a CustomResourceDefinition. A node is immutable and may be shared; a type that is used in many
/// places, or that contains itself, is a named definition in a ``SchemaRegistry`` to which nodes refer.
public final class Schema: Sendable {
  /// Nil where the node says nothing of the type: a nested value validation, or any value.
  public let type: SchemaType?
  /// The definition that stands here. What this node says beside it (description, default, nullable, list and map type)
  /// comes before what the definition says.
  public let reference: SchemaReference?
  public let properties: SchemaProperties
  public let additionalProperties: AdditionalProperties?
  public let items: Schema?
  /// The properties that must be there, in the order in which they are asked for.
  public let required: [String]

  public let description: String?
  /// What stands for a property that is missing. Nil where there is no default; `.null` is a default of its own.
  public let defaultValue: JSONValue?
  public let isNullable: Bool
  /// The property cannot be without a value in Kubernetes' own types: a missing one is ``zeroValue``.
  public let hasZeroValue: Bool
  /// A format of OpenAPI's (`int32`, `date-time`, `byte`, …); those that are not known are not checked.
  public let format: String?

  public let preservesUnknownFields: Bool
  /// The value is an object with `apiVersion`, `kind` and `metadata` of its own.
  public let isEmbeddedResource: Bool
  public let listType: ListType?
  /// What tells the items of a list of type `map` apart, in this order.
  public let listMapKeys: [String]
  /// Of objects, with or without named properties (`x-kubernetes-map-type`).
  public let mapType: MapType?
  /// How a strategic merge patch treats a list or object; it need not agree with ``listType``.
  public let patchStrategy: PatchStrategy
  public let patchMergeKey: String?
  /// Rules in CEL, evaluated by a ``ValidationRuleEvaluator``.
  public let validationRules: [ValidationRule]
  public let unions: [SchemaUnion]

  /// Those of the properties that have a default.
  let propertiesWithDefaults: [SchemaProperty]

  private let ruleTree = AtomicLazyReference<SchemaRuleTree>()
  let rulesBox: ValueRulesBox?
  public let notes: SchemaNotes?

  /// Limits of the value itself; nil where there are none.
  public var rules: ValueRules? { rulesBox?.rules }

  public init(
    _ type: SchemaType? = nil, reference: SchemaReference? = nil, properties: [SchemaProperty] = [],
    required: [String]? = nil, additionalProperties: AdditionalProperties? = nil,
    items: Schema? = nil,
    description: String? = nil, default defaultValue: JSONValue? = nil, nullable: Bool = false,
    hasZeroValue: Bool = false, format: String? = nil,
    preservesUnknownFields: Bool = false, isEmbeddedResource: Bool = false,
    listType: ListType? = nil,
    listMapKeys: [String] = [], mapType: MapType? = nil, patchStrategy: PatchStrategy = [],
    patchMergeKey: String? = nil, rules: ValueRules? = nil, validationRules: [ValidationRule] = [],
    unions: [SchemaUnion] = [], notes: SchemaNotes? = nil
  ) {
    self.type = type
    self.reference = reference
    self.properties = SchemaProperties(properties)
    propertiesWithDefaults = properties.filter { $0.schema.defaultValue != nil }
    self.required = required ?? properties.filter(\.isRequired).map(\.name)
    self.additionalProperties = additionalProperties
    self.items = items
    self.description = description
    self.defaultValue = defaultValue
    isNullable = nullable
    self.hasZeroValue = hasZeroValue
    self.format = format
    self.preservesUnknownFields = preservesUnknownFields
    self.isEmbeddedResource = isEmbeddedResource
    self.listType = listType
    self.listMapKeys = listMapKeys
    self.mapType = mapType
    self.patchStrategy = patchStrategy
    self.patchMergeKey = patchMergeKey
    self.validationRules = validationRules
    self.unions = unions
    rulesBox = rules.map(ValueRulesBox.init)
    self.notes = notes
  }

  /// What a missing value is taken for by who looks at keys of lists, and what documents say of it; it is not written into
  /// objects. Nil where a missing value is told from every other.
  public var zeroValue: JSONValue? {
    guard hasZeroValue else { return nil }
    if reference != nil { return [:] }
    return switch type {
    case .string: ""
    case .integer, .number: 0
    case .boolean: false
    default: nil
    }
  }

  /// The rules in CEL of this node and those below, of a custom kind's whole object, compiled when they are first asked for.
  var compiledRules: SchemaRuleTree {
    ruleTree.load() ?? ruleTree.storeIfNil(SchemaRuleTree(self, isResource: true))
  }

  /// Whether there are rules in CEL here or below, as for a custom kind's whole object.
  public var hasValidationRules: Bool { !compiledRules.isEmpty }

  /// This node, or the definition that it refers to.
  ///
  /// A reference that no registry has bound stays itself: it is a schema of any value.
  public var resolved: Schema {
    guard let reference else { return self }
    return reference.target?.resolved ?? self
  }
}

/// The types of a structural schema.
///
/// Beside OpenAPI's own there are those that Kubernetes writes with a format or an extension because OpenAPI lacks them.
public enum SchemaType: String, Sendable, Hashable {
  case object, array, string, integer, number, boolean
  /// A whole number or a string (`x-kubernetes-int-or-string`).
  case intOrString
  /// A resource quantity: a string such as `100m`, or a number.
  case quantity
  /// Any JSON value.
  case any
}

/// What an object may hold beside its named properties.
public enum AdditionalProperties: Sendable {
  case schema(Schema)
  /// Whether there may be any, of whatever shape.
  case allowed(Bool)
}

/// How the items of a list are told apart (`x-kubernetes-list-type`).
public enum ListType: String, Sendable, Hashable {
  /// The list has one owner and is replaced as a whole; what a list is where nothing is said.
  case atomic
  /// Each value occurs once.
  case set
  /// Each item has a key: the values of ``Schema/listMapKeys``.
  case map
}

/// Whether the members of an object have owners of their own (`x-kubernetes-map-type`).
public enum MapType: String, Sendable, Hashable {
  case granular, atomic
}

/// How a strategic merge patch treats a field (`x-kubernetes-patch-strategy`).
public struct PatchStrategy: OptionSet, Sendable, Hashable {
  public let rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  public static let merge = PatchStrategy(rawValue: 1)
  public static let replace = PatchStrategy(rawValue: 2)
  /// Only the keys that `$retainKeys` names stay.
  public static let retainKeys = PatchStrategy(rawValue: 4)

  private static let words: [(PatchStrategy, String)] = [
    (.merge, "merge"), (.replace, "replace"), (.retainKeys, "retainKeys"),
  ]

  /// Reads the extension's value, words with commas between them; nil where a word is unknown.
  public init?(_ text: some StringProtocol) {
    self = []
    for part in text.split(separator: ",") {
      guard let strategy = Self.words.first(where: { $0.1 == part })?.0 else { return nil }
      insert(strategy)
    }
  }

  /// As the extension's value.
  public var text: String { Self.words.filter { contains($0.0) }.map(\.1).joined(separator: ",") }
}

/// A union of fields, of which one is set (`x-kubernetes-unions`).
public struct SchemaUnion: Sendable, Hashable {
  public var discriminator: String?
  /// The members: the field's name, and the value that the discriminator has for it.
  public var members: [Member]

  public init(discriminator: String? = nil, members: [Member]) {
    self.discriminator = discriminator
    self.members = members
  }

  /// A field of the union, and what the discriminator says where it is set.
  public struct Member: Sendable, Hashable {
    public var field: String
    public var discriminatorValue: String

    public init(field: String, discriminatorValue: String) {
      self.field = field
      self.discriminatorValue = discriminatorValue
    }
  }
}

/// Rarely needed parts of a node that say nothing of the value. Nodes may share them.
public final class SchemaNotes: Sendable {
  public let title: String?
  public let example: JSONValue?
  public let externalDocumentation: JSONValue?
  /// The name of the type in messages about built-in kinds that do not decode (`v1.Protocol`); nil where it follows
  /// from the node.
  public let typeName: String?
  /// The structure within the object's own in which Go's type has the member, where such a message names it
  /// (`VolumeSource`); several with dots between them.
  public let embeddedIn: String?
  /// In which order kube-apiserver judges the members of an object of a built-in type, where that is not the order of their
  /// declaration: names of properties, `.` for the object itself, `*` for the rest.
  public let judgingOrder: [String]

  public init(
    title: String? = nil, example: JSONValue? = nil, externalDocumentation: JSONValue? = nil,
    typeName: String? = nil, embeddedIn: String? = nil, judgingOrder: [String] = []
  ) {
    self.title = title
    self.example = example
    self.externalDocumentation = externalDocumentation
    self.typeName = typeName
    self.embeddedIn = embeddedIn
    self.judgingOrder = judgingOrder
  }
}
