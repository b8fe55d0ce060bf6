/// Carries owners of an object's replica count over to the subresource `scale` and back.
///
/// There the count is `spec.replicas` of a Scale of `autoscaling/v1`, and who owns the one owns the other.
public struct ScaleOwnership: Sendable {
  private static let replicas = FieldSetPath([.name("spec"), .name("replicas")])
  private static let scaleVersion = "autoscaling/v1"

  /// Where the count stands in each version of the object; nil where the version has no scale.
  private let paths: [String: FieldSetPath?]
  private let apiVersion: String

  /// - Parameters:
  ///   - version: the object's version in the request.
  ///   - paths: where the count stands in each version that there is (`["spec", "replicas"]`); nil where it has none.
  public init(version: GroupVersion, paths: [GroupVersion: [String]?]) {
    apiVersion = version.apiVersion
    self.paths = Dictionary(
      uniqueKeysWithValues: paths.map { version, names in
        (version.apiVersion, names.map { FieldSetPath($0.map { .name($0) }) })
      })
  }

  /// What stands in the Scale's `metadata.managedFields`.
  ///
  /// - Throws: ``ManagedFieldsError`` where the object's are malformed.
  public func toScale(_ managedFields: JSONValue?) throws(ManagedFieldsError) -> JSONValue? {
    var result = ManagedFields()
    for (identity, owned) in try ManagedFields(managedFields).owners {
      guard case .some(.some(let path)) = paths[owned.apiVersion], owned.fields.contains(path) else { continue }
      result.owners[identity] = .init(
        fields: FieldSet([Self.replicas]), apiVersion: Self.scaleVersion, time: owned.time)
    }
    return result.json
  }

  /// The notes of an object whose scale was written. Who takes a count through the scale has no time there, for
  /// upstream takes none over from the Scale.
  ///
  /// - Throws: ``ManagedFieldsError`` where they are malformed.
  public static func withoutTimes(_ managedFields: JSONValue?) throws(ManagedFieldsError) -> JSONValue? {
    var all = try ManagedFields(managedFields)
    for identity in all.owners.keys where identity.subresource == "scale" { all.owners[identity]?.time = nil }
    return all.json
  }

  /// What stands in the object's `metadata.managedFields` after the Scale was written.
  ///
  /// - Throws: ``ManagedFieldsError`` where either is malformed.
  public func toObject(
    _ managedFields: JSONValue?, scale: JSONValue?
  ) throws(ManagedFieldsError) -> JSONValue? {
    var scaleOwners = try ManagedFields(scale).owners
    var result = ManagedFields()
    for (identity, owned) in try ManagedFields(managedFields).owners {
      // A version that is no more has no owners.
      guard let known = paths[owned.apiVersion] else { continue }
      guard let path = known, owned.fields.contains(path) else {
        result.owners[identity] = owned
        continue
      }
      if scaleOwners.removeValue(forKey: identity) != nil {
        result.owners[identity] = owned
      } else {
        // Another one has taken the count.
        var rest = owned
        rest.fields = owned.fields.difference(FieldSet([path]))
        if !rest.fields.isEmpty { result.owners[identity] = rest }
      }
    }
    guard case .some(.some(let path)) = paths[apiVersion] else { return result.json }
    for (identity, owned) in scaleOwners where owned.fields.contains(Self.replicas) {
      result.owners[identity] = .init(fields: FieldSet([path]), apiVersion: apiVersion)
    }
    return result.json
  }
}
