import APIMachinery

/// A resource in the version that controllers use. Copies share what it is: one can be kept with each object.
public struct ClusterResource: Sendable {
  private final class Facts: Sendable {
    let groupVersion: GroupVersion
    let plural: String
    let kind: String
    let isNamespaced: Bool
    let verbs: Set<ResourceVerb>

    init(
      _ groupVersion: GroupVersion, _ plural: String, _ kind: String, _ isNamespaced: Bool, _ verbs: Set<ResourceVerb>
    ) {
      self.groupVersion = groupVersion
      self.plural = plural
      self.kind = kind
      self.isNamespaced = isNamespaced
      self.verbs = verbs
    }
  }
  private let facts: Facts

  public init(
    groupVersion: GroupVersion, plural: String, kind: String, isNamespaced: Bool, verbs: Set<ResourceVerb>
  ) {
    facts = Facts(groupVersion, plural, kind, isNamespaced, verbs)
  }

  public var groupVersion: GroupVersion { facts.groupVersion }
  public var plural: String { facts.plural }
  public var kind: String { facts.kind }
  public var isNamespaced: Bool { facts.isNamespaced }
  public var verbs: Set<ResourceVerb> { facts.verbs }
  public var groupResource: GroupResource { GroupResource(group: groupVersion.group, resource: plural) }
}

extension ClusterResource: Hashable {
  public static func == (a: ClusterResource, b: ClusterResource) -> Bool {
    a.facts === b.facts
      || a.groupVersion == b.groupVersion && a.plural == b.plural && a.kind == b.kind
        && a.isNamespaced == b.isNamespaced && a.verbs == b.verbs
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(groupVersion)
    hasher.combine(plural)
  }
}
