import APIMachinery
import ClusterAPI
import Synchronization

/// One resource in one version: what a path under `/api` or `/apis` names. It never changes, and each request hands it from
/// one place to the next: a reference is a word, where all that it says is some thirty.
public final class ServedResource: Sendable {
  public let resource: ResourceDescription
  public let version: ResourceVersion

  public let groupResource: GroupResource
  public let groupKind: GroupKind
  public let groupVersionKind: GroupVersionKind
  /// What the keys of its objects begin with, the slash at the end included.
  let storagePrefix: String

  public init(resource: ResourceDescription, version: ResourceVersion) {
    self.resource = resource
    self.version = version
    groupResource = resource.groupResource
    groupKind = GroupKind(group: resource.group, kind: resource.kind)
    groupVersionKind = resource.groupVersionKind(in: version.name)
    storagePrefix = StorageLayout.prefix(of: resource)
  }

  /// The kind of its objects.
  var kind: KindDescription {
    KindDescription(groupVersionKind, definitionName: version.definitionName, schema: version.schema)
  }

  /// The key of an object in the store.
  func key(namespace: String, name: String) -> String {
    let namespace = resource.isNamespaced ? namespace : ""
    // A new object's key is kept with it: it gets no more room than it needs.
    var key = ""
    key.reserveCapacity(storagePrefix.utf8.count + namespace.utf8.count + 1 + name.utf8.count)
    key += storagePrefix
    if !namespace.isEmpty {
      key += namespace
      key += "/"
    }
    key += name
    return key
  }

  /// What the keys of a collection begin with. Without a namespace: all namespaces.
  func prefix(namespace: String) -> String {
    resource.isNamespaced && !namespace.isEmpty ? storagePrefix + namespace + "/" : storagePrefix
  }
}

/// Every resource that is served, built-in and custom. A reader holds on to one state of it while it needs it.
public final class ResourceCatalog: Sendable {
  /// The resources at one time.
  public struct Snapshot: Sendable {
    /// Groups and versions in the order of discovery, the preferred version of a group first.
    public fileprivate(set) var groupVersions: [GroupVersion]
    public fileprivate(set) var resources: [ResourceDescription]
    private var byPath: [GroupVersion: [String: ServedResource]] = [:]
    private var byKind: [GroupVersionKind: ServedResource] = [:]
    /// A version that is served of those that are not: objects may still be stored in them.
    private var byStoredKind: [GroupVersionKind: ServedResource] = [:]
    private let conversions: [GroupResource: ConversionWebhook]
    /// Grows with every change.
    public fileprivate(set) var number = 0
    /// The number at which a group changed last.
    fileprivate var changes: [String: Int] = [:]

    fileprivate init(
      _ resources: [ResourceDescription], groupVersions: [GroupVersion],
      conversions: [GroupResource: ConversionWebhook] = [:]
    ) {
      self.conversions = conversions
      self.resources = resources
      self.groupVersions = groupVersions
      for resource in resources {
        for version in resource.versions where version.isServed {
          let place = GroupVersion(group: resource.group, version: version.name)
          let served = ServedResource(resource: resource, version: version)
          byPath[place, default: [:]][resource.plural] = served
          byKind[served.groupVersionKind] = byKind[served.groupVersionKind] ?? served
        }
        guard let version = resource.versions.first(where: \.isServed) else { continue }
        let served = ServedResource(resource: resource, version: version)
        for other in resource.versions where !other.isServed {
          let kind = GroupVersionKind(group: resource.group, version: other.name, kind: resource.kind)
          byStoredKind[kind] = byStoredKind[kind] ?? served
        }
      }
    }

    /// Who converts the objects of a custom resource; nil where its versions have the same fields.
    func conversion(of resource: GroupResource) -> ConversionWebhook? { conversions[resource] }

    /// The number since which a group's resources are as they are.
    public func number(ofGroup group: String) -> Int { changes[group] ?? 0 }

    public func serves(_ groupVersion: GroupVersion) -> Bool { byPath[groupVersion] != nil }

    public func resource(_ groupVersion: GroupVersion, _ plural: String) -> ServedResource? {
      byPath[groupVersion]?[plural]
    }

    /// The resources of a group's version, in the order of their names.
    public func resources(_ groupVersion: GroupVersion) -> [ServedResource] {
      (byPath[groupVersion] ?? [:]).values.sorted { $0.resource.plural < $1.resource.plural }
    }

    /// The resource of a kind in a version.
    public func resource(of kind: GroupVersionKind) -> ServedResource? { byKind[kind] }

    /// The resource whose objects are stored as a kind, in that version where it is served.
    public func resource(storedAs kind: GroupVersionKind) -> ServedResource? { byKind[kind] ?? byStoredKind[kind] }

    /// The versions of a group that are served, the preferred one first.
    public func versions(ofGroup group: String) -> [String] {
      groupVersions.filter { $0.group == group }.map(\.version)
    }
  }

  private let builtin: BuiltinKinds
  /// What of it is served.
  private let resources: [ResourceDescription]
  /// The versions of built-in groups that are served.
  let builtinVersions: [GroupVersion]
  private struct State {
    var snapshot: Snapshot
    var custom: [GroupResource: ResourceDescription] = [:]
    var conversions: [GroupResource: ConversionWebhook] = [:]
  }
  private let state: Mutex<State>

  /// - Parameter enablement: which of the built-in kinds are served.
  public init(_ builtin: BuiltinKinds, serving enablement: APIEnablement = .all) {
    self.builtin = builtin
    let resources = enablement.served(of: builtin.resources)
    let served = Set(
      resources.flatMap { resource in
        resource.versions.filter(\.isServed).map { GroupVersion(group: resource.group, version: $0.name) }
      })
    self.resources = resources
    builtinVersions = builtin.groupVersions.filter(served.contains)
    state = Mutex(State(snapshot: Snapshot(resources, groupVersions: builtinVersions)))
  }

  public var snapshot: Snapshot { state.withLock { $0.snapshot } }

  /// Serves a custom resource, in place of what it was before.
  /// - Parameter conversion: who converts its objects; nil where its versions have the same fields.
  public func set(_ resource: ResourceDescription, conversion: ConversionWebhook? = nil) {
    state.withLock { state in
      state.custom[resource.groupResource] = resource
      state.conversions[resource.groupResource] = conversion
      rebuild(&state, changed: resource.group)
    }
  }

  /// Serves a custom resource no longer.
  public func remove(_ resource: GroupResource) {
    state.withLock { state in
      guard state.custom.removeValue(forKey: resource) != nil else { return }
      state.conversions[resource] = nil
      rebuild(&state, changed: resource.group)
    }
  }

  /// A custom kind may be called in documents what a built-in kind is called (`Deployment` of `apps.api.k8s.io`).
  private func nameApart(_ version: inout ResourceVersion, of resource: ResourceDescription) {
    let list = version.definitionName.dropLast(resource.kind.count) + resource.listKind
    guard builtin.registry[version.definitionName] != nil || builtin.registry[String(list)] != nil else { return }
    let name = version.definitionName
    version.definitionName = "custom." + name
    for index in version.subresources.indices where version.subresources[index].kind.definitionName == name {
      version.subresources[index].kind.definitionName = version.definitionName
    }
  }

  /// A custom resource as it is served beside what is built in: a version that is built in has no room for it, whatever its
  /// name, and nothing else is served from where built-in objects are stored.
  private func besideBuiltin(_ custom: ResourceDescription) -> ResourceDescription? {
    var custom = custom
    for index in custom.versions.indices {
      nameApart(&custom.versions[index], of: custom)
      let place = GroupVersion(group: custom.group, version: custom.versions[index].name)
      if builtin.groupVersions.contains(place) { custom.versions[index].isServed = false }
    }
    guard let namesake = builtin.resource(custom.groupResource) else { return custom }
    return StorageLayout.shares(custom, with: namesake) || !custom.versions.contains(where: \.isServed) ? nil : custom
  }

  private func rebuild(_ state: inout State, changed group: String) {
    let custom = state.custom.values.compactMap(besideBuiltin).sorted { ($0.group, $0.plural) < ($1.group, $1.plural) }
    var groupVersions = builtinVersions
    var seen = Set(groupVersions)
    for resource in custom {
      let versions = resource.versions.filter(\.isServed).map(\.name).sorted(by: VersionOrder.precedes)
      for version in versions {
        let groupVersion = GroupVersion(group: resource.group, version: version)
        if seen.insert(groupVersion).inserted { groupVersions.append(groupVersion) }
      }
    }
    var changes = state.snapshot.changes
    let number = state.snapshot.number + 1
    changes[group] = number
    state.snapshot = Snapshot(
      resources + custom, groupVersions: groupVersions, conversions: state.conversions)
    state.snapshot.number = number
    state.snapshot.changes = changes
  }
}

/// The order of versions by their names: `v2`, `v1`, `v1beta1`, `v1alpha1`, then all others by the alphabet
/// (CustomResourceDefinition versioning, "Version priority").
enum VersionOrder {
  private static func rank(_ text: String) -> (stability: Int, major: Int, minor: Int)? {
    guard text.hasPrefix("v") else { return nil }
    var rest = text.dropFirst()[...]
    func number() -> Int? {
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      rest = rest.dropFirst(digits.count)
      return Int(digits)
    }
    guard let major = number() else { return nil }
    if rest.isEmpty { return (2, major, 0) }
    for (word, stability) in [("beta", 1), ("alpha", 0)] where rest.hasPrefix(word) {
      rest = rest.dropFirst(word.count)
      guard let minor = number(), rest.isEmpty else { return nil }
      return (stability, major, minor)
    }
    return nil
  }

  static func precedes(_ a: String, _ b: String) -> Bool {
    switch (rank(a), rank(b)) {
    case (let a?, let b?): a > b
    case (nil, nil): a < b
    case (let a, _): a != nil
    }
  }
}
