/// An API group and one of its versions. The group of the first kinds, `v1`, has the empty name.
public struct GroupVersion: Sendable, Hashable {
  public var group: String
  public var version: String

  public init(group: String, version: String) {
    self.group = group
    self.version = version
  }

  /// Reads the field `apiVersion`: `v1` or `apps/v1`. Nil where there is more than one slash.
  public init?(apiVersion: String) {
    let parts = apiVersion.split(separator: "/", omittingEmptySubsequences: false)
    switch parts.count {
    case 1: self.init(group: "", version: apiVersion)
    case 2: self.init(group: String(parts[0]), version: String(parts[1]))
    default: return nil
    }
  }

  /// The value of the field `apiVersion`.
  public var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }
}

extension GroupVersion: CustomStringConvertible {
  public var description: String { apiVersion }
}

/// What an object is: the fields `apiVersion` and `kind`.
public struct GroupVersionKind: Sendable, Hashable {
  public var group: String
  public var version: String
  public var kind: String

  public init(group: String, version: String, kind: String) {
    self.group = group
    self.version = version
    self.kind = kind
  }

  public var groupVersion: GroupVersion { GroupVersion(group: group, version: version) }
  public var apiVersion: String { groupVersion.apiVersion }
}

extension GroupVersionKind: CustomStringConvertible {
  /// As upstream writes it in messages: `apps/v1, Kind=Deployment`, `/v1, Kind=Pod`.
  public var description: String { "\(group)/\(version), Kind=\(kind)" }
}

/// Where objects are served: the parts of a path under `/api` or `/apis`.
public struct GroupVersionResource: Sendable, Hashable {
  public var group: String
  public var version: String
  public var resource: String

  public init(group: String, version: String, resource: String) {
    self.group = group
    self.version = version
    self.resource = resource
  }

  public var groupVersion: GroupVersion { GroupVersion(group: group, version: version) }
  public var groupResource: GroupResource { GroupResource(group: group, resource: resource) }
}

extension GroupVersionResource: CustomStringConvertible {
  public var description: String { "\(group)/\(version), Resource=\(resource)" }
}

/// A resource whatever its version; in messages `deployments.apps`, or `pods` in the group without a name.
public struct GroupResource: Sendable, Hashable {
  public var group: String
  public var resource: String

  public init(group: String, resource: String) {
    self.group = group
    self.resource = resource
  }
}

extension GroupResource: CustomStringConvertible {
  public var description: String { group.isEmpty ? resource : "\(resource).\(group)" }
}

/// A kind whatever its version; in messages `Deployment.apps`, or `Pod` in the group without a name.
public struct GroupKind: Sendable, Hashable {
  public var group: String
  public var kind: String

  public init(group: String, kind: String) {
    self.group = group
    self.kind = kind
  }
}

extension GroupKind: CustomStringConvertible {
  public var description: String { group.isEmpty ? kind : "\(kind).\(group)" }
}
