/// The versions of a kind, as far as owners of fields need to know them.
public struct ObjectVersions: Sendable {
  /// Writes an object in another version; nil where there is no such version. It may ask a webhook.
  public typealias Conversion = @Sendable (JSONObject, GroupVersion) async throws -> JSONObject?

  private let schemas: [String: Schema]
  private let types: [String: MergeType]
  private let conversion: Conversion

  /// - Parameters:
  ///   - schemas: the schema of the kind in each version. A custom kind's comes with its metadata:
  ///     ``Schema/withObjectMetadata(_:)``.
  ///   - conversion: how to come from one to another; where nil, only `apiVersion` differs.
  public init(_ schemas: [GroupVersion: Schema], conversion: Conversion? = nil) {
    self.schemas = Dictionary(uniqueKeysWithValues: schemas.map { ($0.key.apiVersion, $0.value) })
    types = Dictionary(uniqueKeysWithValues: schemas.map { ($0.key.apiVersion, MergeType($0.value)) })
    self.conversion =
      conversion ?? { object, version in
        guard schemas[version] != nil else { return nil }
        var object = object
        object["apiVersion"] = .string(version.apiVersion)
        return object
      }
  }

  /// The schema of the kind in a version; nil where there is no such version.
  public func schema(_ apiVersion: String) -> Schema? { schemas[apiVersion] }

  func type(_ apiVersion: String) -> MergeType? { types[apiVersion] }

  /// The object in another version; nil where there is no such version.
  func convert(_ object: OwnershipUpdate.Versioned, to apiVersion: String) async throws(ApplyError) -> JSONValue? {
    if object.apiVersion == apiVersion { return object.value }
    guard types[apiVersion] != nil, let version = GroupVersion(apiVersion: apiVersion),
      case .object(let value) = object.value
    else { return nil }
    do {
      return try await conversion(value, version).map { .object($0) }
    } catch {
      let why = (error as? StatusError)?.message ?? String(describing: error)
      throw ApplyError(.unconvertible, "failed to convert object to \(apiVersion): \(why)")
    }
  }
}
