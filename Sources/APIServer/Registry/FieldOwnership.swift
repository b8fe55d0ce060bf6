import APIMachinery
import ClusterAPI
import Synchronization

/// Who set which field, kept in `metadata.managedFields` (Kubernetes, "Server-Side Apply").
enum FieldOwnership {
  /// How a write is noted: as what changes, by what is applied, or not at all.
  enum Operation { case update, apply, unnoted }

  /// Notes what a create, an update or a patch has set.
  /// - Parameter emptied: what the client has sent empty: of what is served as null it is the owner.
  static func record(
    _ new: inout JSONObject, old: JSONObject?, _ target: ServedResource, _ conversion: Conversion, manager: String,
    subresource: String, emptied: EmptiedFields
  ) async {
    var sent = new
    if !emptied.isEmpty { emptied.owned.restore(in: &sent) }
    let noted = await self.manager(target, conversion, subresource: subresource).managedFields(
      of: sent, from: old, by: manager, at: Timestamp.now.description)
    // It shares its storage with the new one: it is let go first, so that the change copies nothing.
    sent = [:]
    new.setMetadata("managedFields", noted)
    guard subresource == "scale" else { return }
    do throws(ManagedFieldsError) {
      new.setMetadata("managedFields", try ScaleOwnership.withoutTimes(new["metadata"]?["managedFields"]))
    } catch {
      // Notes that are none stay as they are.
      return
    }
  }

  /// Notes what a client has set in what is acted upon and not stored.
  static func record(
    sent object: inout JSONObject, _ kind: KindDescription, _ kinds: BuiltinKinds, manager: String, subresource: String
  ) async {
    let version = kind.groupVersionKind.groupVersion
    let definition = kinds.definitionName(of: kind.groupVersionKind)
    let owners = FieldManager(
      kind.groupVersionKind, subresource: subresource, versions: ObjectVersions([version: kind.schema]),
      emptyObject: definition.map { kinds.emptyObject(definition: $0) } ?? [:])
    object = await owners.update(object, from: nil, by: manager, at: Timestamp.now.description)
  }

  /// Keeps the notes of owners as they were before mutating admission where that has left what is none.
  static func keep(_ owners: JSONValue?, in object: inout JSONObject, _ context: RequestContext) {
    let left = object["metadata"]?["managedFields"]
    guard left != owners, let problem = FieldManager.problem(in: left) else { return }
    object.setMetadata("managedFields", owners)
    context.warn(
      ".metadata.managedFields was in an invalid state after admission; "
        + "this could be caused by an outdated mutating admission controller; please fix your requests: \(problem)")
  }

  /// Whether an update wants the notes of owners to be dropped, which an empty list says, or one empty entry.
  static func isReset(by new: JSONObject, subresource: String, _ operation: Operation) -> Bool {
    guard operation == .update, subresource.isEmpty, case .array(let entries)? = new["metadata"]?["managedFields"]
    else { return false }
    return entries.isEmpty || entries.count == 1 && entries[0].objectValue?.isEmpty == true
  }

  /// Applies what one manager declares.
  /// - Throws: 409 where others own fields that would change.
  static func apply(
    _ configuration: JSONObject, to live: JSONObject?, _ target: ServedResource, _ conversion: Conversion,
    manager: String, subresource: String, force: Bool
  ) async throws(StatusError) -> JSONObject {
    do throws(ApplyError) {
      return try await self.manager(target, conversion, subresource: subresource).apply(
        configuration, to: live, by: manager, force: force, at: Timestamp.now.description)
    } catch { throw error.status }
  }

  /// Merges what a policy gives as an apply would, without anybody becoming the owner of the fields.
  static func merge(
    _ configuration: JSONObject, into live: JSONObject, _ target: ServedResource, _ kinds: BuiltinKinds
  ) throws(ApplyError) -> JSONObject {
    let schema = target.version.schema
    let metadata = target.resource.isCustom ? objectMeta(kinds) : nil
    return try UnownedApply.merge(
      configuration, into: live, by: metadata.map { schema.withObjectMetadata($0) } ?? schema)
  }

  /// What is written, and through which subresource.
  private struct Way: Hashable {
    let kind: GroupVersionKind
    let subresource: String
  }

  private static let managers = Mutex<[Way: FieldManager]>([:])

  /// Those of built-in kinds are made once.
  private static func manager(
    _ target: ServedResource, _ conversion: Conversion, subresource: String
  ) -> FieldManager {
    if target.resource.isCustom { return newManager(target, conversion, subresource: subresource) }
    let way = Way(kind: target.groupVersionKind, subresource: subresource)
    if let found = managers.withLock({ $0[way] }) { return found }
    let made = newManager(target, conversion, subresource: subresource)
    managers.withLock { $0[way] = made }
    return made
  }

  private static func newManager(
    _ target: ServedResource, _ conversion: Conversion, subresource: String
  ) -> FieldManager {
    let version = target.groupVersionKind.groupVersion
    let reset =
      subresource.isEmpty ? target.version.resetFields : target.version.subresource(subresource)?.resetFields ?? []
    let kinds = conversion.kinds
    let definition = target.resource.isCustom ? nil : target.version.definitionName
    return FieldManager(
      target.groupVersionKind, subresource: subresource, versions: versions(target, conversion),
      resetFields: [version: FieldSet(names: reset)], emptyObject: emptyObject(target, kinds),
      definitionName: definition, fillNulls: definition.map { fillNulls($0, kinds) })
  }

  private static func fillNulls(_ definition: String, _ kinds: BuiltinKinds) -> FieldManager.Change {
    { kinds.fillNulls(in: &$0, definition: definition) }
  }

  private static let emptyObjects = Mutex<[String: JSONObject]>([:])

  /// What an object is before anything is set; those of built-in kinds are made once.
  private static func emptyObject(_ target: ServedResource, _ kinds: BuiltinKinds) -> JSONObject {
    if target.resource.isCustom { return [:] }
    let definition = target.version.definitionName
    if let found = emptyObjects.withLock({ $0[definition] }) { return found }
    let made = kinds.emptyObject(definition: definition)
    emptyObjects.withLock { $0[definition] = made }
    return made
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

  private static let known = Mutex<[GroupResource: ObjectVersions]>([:])

  /// The schemas of a resource's versions, and how an object comes from one to another; those of built-in kinds are made once.
  ///
  /// Who owns a field of one version owns what it has become in another: fields may have other names there, which only the
  /// conversion of the whole object tells.
  private static func versions(_ target: ServedResource, _ conversion: Conversion) -> ObjectVersions {
    if target.resource.isCustom { return customVersions(target, conversion) }
    if let found = known.withLock({ $0[target.groupResource] }) { return found }
    let kinds = conversion.kinds
    // The same objects may be served by two groups (events). kube-apiserver's group without a name knows no types of the
    // others, nor they of its own: who wrote by the one is forgotten by the other.
    let place = target.resource.storedAs ?? target.groupResource
    var schemas: [GroupVersion: Schema] = [:]
    for resource in kinds.resources
    where (resource.storedAs ?? resource.groupResource) == place
      && resource.group.isEmpty == target.resource.group.isEmpty
    {
      schemas.merge(Self.schemas(of: resource) { $0 }) { first, _ in first }
    }
    let versions = ObjectVersions(schemas) { object, version in
      kinds.convert(
        .object(object),
        to: GroupVersionKind(
          group: version.group, version: version.version, kind: object["kind"]?.stringValue ?? ""))?.objectValue
    }
    known.withLock { $0[target.groupResource] = versions }
    return versions
  }

  private static func customVersions(_ target: ServedResource, _ conversion: Conversion) -> ObjectVersions {
    let metadata = objectMeta(conversion.kinds)
    let schemas = schemas(of: target.resource) { schema in metadata.map { schema.withObjectMetadata($0) } ?? schema }
    return ObjectVersions(schemas) { object, version in
      guard target.resource.version(version.version) != nil else { return nil }
      let kind = GroupVersionKind(group: version.group, version: version.version, kind: target.resource.kind)
      return try await conversion.convert([object], to: kind, target).first
    }
  }

  private static func objectMeta(_ kinds: BuiltinKinds) -> Schema? {
    kinds.registry.reference(to: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta")
  }

  private static func schemas(
    of resource: ResourceDescription, _ change: (Schema) -> Schema
  ) -> [GroupVersion: Schema] {
    var schemas: [GroupVersion: Schema] = [:]
    for version in resource.versions {
      schemas[GroupVersion(group: resource.group, version: version.name)] = change(version.schema)
    }
    return schemas
  }
}
