import APIMachinery
import ClusterAPI
import Synchronization

/// Who set which field, kept in `metadata.managedFields` (Kubernetes, "Server-Side Apply").
enum FieldOwnership {
  enum Operation { case update, apply }

  /// Notes what a create, an update or a patch has set.
  static func record(
    _ new: inout JSONObject, old: JSONObject?, _ target: ServedResource, _ kinds: BuiltinKinds, manager: String,
    subresource: String
  ) {
    new = self.manager(target, kinds, subresource: subresource).update(
      new, from: old, by: manager, at: Timestamp.now.description)
  }

  /// What a client says of the notes of owners: nothing that is not so already, that they are to be dropped, or others.
  enum Given { case nothing, reset, edited }

  /// An empty list, or one empty entry, drops the notes. It is taken out of the object, for no object has such.
  static func given(
    in new: inout JSONObject, old: JSONObject, subresource: String, _ operation: Operation
  ) -> Given {
    guard operation == .update, subresource.isEmpty, case .array(let entries)? = new["metadata"]?["managedFields"]
    else { return .nothing }
    if entries.isEmpty || entries.count == 1 && entries[0].objectValue?.isEmpty == true {
      new.setMetadata("managedFields", nil)
      return .reset
    }
    return new["metadata"]?["managedFields"] == old["metadata"]?["managedFields"] ? .nothing : .edited
  }

  /// Applies what one manager declares.
  /// - Throws: 409 where others own fields that would change.
  static func apply(
    _ configuration: JSONObject, to live: JSONObject?, _ target: ServedResource, _ kinds: BuiltinKinds,
    manager: String, subresource: String, force: Bool
  ) throws(StatusError) -> JSONObject {
    do {
      return try self.manager(target, kinds, subresource: subresource).apply(
        configuration, to: live, by: manager, force: force, at: Timestamp.now.description)
    } catch { throw error.status }
  }

  private static func manager(
    _ target: ServedResource, _ kinds: BuiltinKinds, subresource: String
  ) -> FieldManager {
    let version = target.groupVersionKind.groupVersion
    let reset =
      subresource.isEmpty ? target.version.resetFields : target.version.subresource(subresource)?.resetFields ?? []
    return FieldManager(
      target.groupVersionKind, subresource: subresource, versions: versions(target, kinds),
      resetFields: [version: FieldSet(names: reset)])
  }

  /// Where each version of a resource has the count that its scale shows.
  static func countPaths(of target: ServedResource) -> [GroupVersion: [String]?] {
    var paths: [GroupVersion: [String]?] = [:]
    for version in target.resource.versions {
      var path: [String]?
      if case .scale(let scale)? = version.subresource("scale")?.behaviour {
        path = JSONPlace.parts(scale.specReplicas)
      }
      paths[GroupVersion(group: target.resource.group, version: version.name)] = .some(path)
    }
    return paths
  }

  private static let known = Mutex<[String: (resource: GroupResource, number: Int, versions: ObjectVersions)]>([:])

  /// The schemas of a resource's versions; those of built-in kinds are made once.
  private static func versions(_ target: ServedResource, _ kinds: BuiltinKinds) -> ObjectVersions {
    let key = "\(target.groupResource)"
    if !target.resource.isCustom, let found = known.withLock({ $0[key] }) { return found.versions }
    var schemas: [GroupVersion: Schema] = [:]
    for version in target.resource.versions {
      let place = GroupVersion(group: target.resource.group, version: version.name)
      guard target.resource.isCustom else {
        schemas[place] = version.schema
        continue
      }
      let metadata = kinds.registry.reference(to: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta")
      schemas[place] = metadata.map { version.schema.withObjectMetadata($0) } ?? version.schema
    }
    let isCustom = target.resource.isCustom
    let versions =
      isCustom
      ? ObjectVersions(schemas)
      : ObjectVersions(schemas) { object, version in
        kinds.convert(
          .object(object),
          to: GroupVersionKind(
            group: version.group, version: version.version, kind: object["kind"]?.stringValue ?? ""))?.objectValue
      }
    if !isCustom { known.withLock { $0[key] = (target.groupResource, 0, versions) } }
    return versions
  }
}
