/// A kind in one version: what its objects look like.
public struct KindDescription: Sendable {
  public var groupVersionKind: GroupVersionKind
  /// The schema's name in OpenAPI documents: `io.k8s.api.apps.v1.Deployment`, `com.example.v1.CronTab`.
  public var definitionName: String
  public var schema: Schema

  public init(_ groupVersionKind: GroupVersionKind, definitionName: String, schema: Schema) {
    self.groupVersionKind = groupVersionKind
    self.definitionName = definitionName
    self.schema = schema
  }
}

/// A resource in all its versions: names, scope, and what each version serves. Built-in and custom resources are described by it alike.
public struct ResourceDescription: Sendable {
  public var group: String
  /// In the URL: `deployments`.
  public var plural: String
  public var singular: String
  public var kind: String
  public var listKind: String
  public var shortNames: [String]
  /// Groups of resources that a command names together, such as `all`.
  public var categories: [String]
  public var isNamespaced: Bool
  /// Defined by a CustomResourceDefinition: other patch types, messages and OpenAPI names hold.
  public var isCustom: Bool
  public var versions: [ResourceVersion]
  /// Where the objects are kept if they are those of another resource too, as `events.k8s.io` shares the events of the
  /// group without a name.
  public var storedAs: GroupResource?

  public init(
    group: String, plural: String, singular: String, kind: String, listKind: String? = nil,
    shortNames: [String] = [],
    categories: [String] = [], isNamespaced: Bool, isCustom: Bool = false,
    versions: [ResourceVersion],
    storedAs: GroupResource? = nil
  ) {
    self.group = group
    self.plural = plural
    self.singular = singular
    self.kind = kind
    self.listKind = listKind ?? kind + "List"
    self.shortNames = shortNames
    self.categories = categories
    self.isNamespaced = isNamespaced
    self.isCustom = isCustom
    self.versions = versions
    self.storedAs = storedAs
  }

  public var groupResource: GroupResource { GroupResource(group: group, resource: plural) }

  /// The version in which objects are stored.
  public var storageVersion: ResourceVersion? { versions.first(where: \.isStorage) }

  /// The version of that name; nil where the resource has none such.
  public func version(_ name: String) -> ResourceVersion? { versions.first { $0.name == name } }

  /// What its objects are in a version.
  public func groupVersionKind(in version: String) -> GroupVersionKind {
    GroupVersionKind(group: group, version: version, kind: kind)
  }
}

/// One version of a resource.
public struct ResourceVersion: Sendable {
  /// `v1`, `v1beta1`.
  public var name: String
  public var isServed: Bool
  public var isStorage: Bool
  public var isDeprecated: Bool
  /// The text of the `Warning` header for a deprecated version; nil for the usual one.
  public var deprecationWarning: String?
  /// The kind's name in OpenAPI documents.
  public var definitionName: String
  public var schema: Schema
  public var verbs: [ResourceVerb]
  public var subresources: [Subresource]
  public var printerColumns: [PrinterColumn]
  /// JSON paths of the fields that a field selector may name beside `metadata.name` and `metadata.namespace`.
  public var selectableFields: [String]
  /// Fields that a write to the resource itself does not set, as paths of names (`["status"]`); they belong to nobody
  /// who writes there.
  public var resetFields: [[String]]
  /// Tells one state of a custom schema from another: objects that were stored under another one are held to it when they are
  /// read. Nil where objects are what they were when they were stored.
  public var schemaStamp: UInt64?

  public init(
    name: String, isServed: Bool = true, isStorage: Bool = true, isDeprecated: Bool = false,
    deprecationWarning: String? = nil, definitionName: String, schema: Schema,
    verbs: [ResourceVerb] = ResourceVerb.allCases, subresources: [Subresource] = [],
    printerColumns: [PrinterColumn] = [], selectableFields: [String] = [],
    resetFields: [[String]] = []
  ) {
    self.name = name
    self.isServed = isServed
    self.isStorage = isStorage
    self.isDeprecated = isDeprecated
    self.deprecationWarning = deprecationWarning
    self.definitionName = definitionName
    self.schema = schema
    self.verbs = verbs
    self.subresources = subresources
    self.printerColumns = printerColumns
    self.selectableFields = selectableFields
    self.resetFields = resetFields
  }

  /// The subresource of that name; nil where the version has none such.
  public func subresource(_ name: String) -> Subresource? { subresources.first { $0.name == name } }
}

/// What can be done with a resource, in the order of discovery documents.
public enum ResourceVerb: String, Sendable, Hashable, CaseIterable {
  case create, delete, deletecollection, get, list, patch, update, watch
}

/// A path below an object: `status`, `scale`, `log`.
public struct Subresource: Sendable {
  public var name: String
  /// The kind that is read and written there; it may be of another group (`Scale` of `autoscaling/v1`).
  public var kind: KindDescription
  public var verbs: [ResourceVerb]
  public var behaviour: Behaviour
  /// Fields that a write here does not set, as paths of names (`["spec"]`).
  public var resetFields: [[String]]

  public init(
    name: String, kind: KindDescription, verbs: [ResourceVerb], behaviour: Behaviour,
    resetFields: [[String]] = []
  ) {
    self.name = name
    self.kind = kind
    self.verbs = verbs
    self.behaviour = behaviour
    self.resetFields = resetFields
  }

  /// What requests to a subresource do.
  public enum Behaviour: Sendable, Hashable {
    /// Writes the object's status and nothing else.
    case status
    /// Reads and writes a replica count through an `autoscaling/v1` Scale.
    case scale(ScalePaths)
    /// Takes an object of the subresource's kind and acts on it (`binding`, `eviction`, `token`), or writes a part of
    /// the object (`approval`, `ephemeralcontainers`, `resize`).
    case action
    /// A stream or a proxied request (`log`, `exec`, `proxy`); which methods it takes.
    case connect(methods: [String])
  }
}

/// Where a kind keeps what a Scale shows, as JSON paths (`.spec.replicas`).
public struct ScalePaths: Sendable, Hashable {
  public var specReplicas: String
  public var statusReplicas: String
  /// Where the selector stands as a string or, in built-in kinds, as a label selector.
  public var labelSelector: String?

  public init(specReplicas: String, statusReplicas: String, labelSelector: String? = nil) {
    self.specReplicas = specReplicas
    self.statusReplicas = statusReplicas
    self.labelSelector = labelSelector
  }
}

/// A column of the table that `kubectl get` prints.
public struct PrinterColumn: Sendable, Hashable {
  public var name: String
  /// `integer`, `number`, `string`, `boolean` or `date`.
  public var type: String
  public var format: String
  public var description: String
  /// Columns above 0 are shown on wide output only.
  public var priority: Int
  public var source: Source

  public init(
    name: String, type: String, format: String = "", description: String = "", priority: Int = 0,
    source: Source
  ) {
    self.name = name
    self.type = type
    self.format = format
    self.description = description
    self.priority = priority
    self.source = source
  }

  /// Where the cells of a column come from.
  public enum Source: Sendable, Hashable {
    /// A JSON path into the object, such as `.status.phase`.
    case path(String)
    /// A function that the tables of built-in kinds know by this name.
    case function(String)
  }
}
