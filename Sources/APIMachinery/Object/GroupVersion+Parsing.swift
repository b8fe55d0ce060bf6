extension GroupVersion {
  /// Reads the field `apiVersion`; an empty one, or `/`, is the empty group version.
  /// - Throws: a `badRequest` where there is more than one slash.
  public static func parse(_ apiVersion: String) throws(StatusError) -> GroupVersion {
    if apiVersion.isEmpty || apiVersion == "/" { return GroupVersion(group: "", version: "") }
    guard let parsed = GroupVersion(apiVersion: apiVersion) else {
      throw .badRequest("unexpected GroupVersion string: \(apiVersion)")
    }
    return parsed
  }

  /// A kind of this group version.
  public func kind(_ kind: String) -> GroupVersionKind { GroupVersionKind(group: group, version: version, kind: kind) }

  /// A resource of this group version.
  public func resource(_ resource: String) -> GroupVersionResource {
    GroupVersionResource(group: group, version: version, resource: resource)
  }

  /// The path under which the group version is served: `/api/v1`, `/apis/apps/v1`.
  public var path: String { group.isEmpty ? "/api/\(version)" : "/apis/\(group)/\(version)" }
}

extension GroupVersionKind {
  public var groupKind: GroupKind { GroupKind(group: group, kind: kind) }
}

extension GroupResource {
  /// Reads `deployments.apps` or `pods`.
  public init(_ text: String) {
    guard let dot = text.firstIndex(of: ".") else {
      self.init(group: "", resource: text)
      return
    }
    self.init(group: String(text[text.index(after: dot)...]), resource: String(text[..<dot]))
  }
}

extension GroupKind {
  /// Reads `Deployment.apps` or `Pod`.
  public init(_ text: String) {
    let parsed = GroupResource(text)
    self.init(group: parsed.group, kind: parsed.resource)
  }
}
