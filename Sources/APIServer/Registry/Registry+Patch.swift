import APIMachinery
import HTTPService

/// The kinds of PATCH (Kubernetes API concepts, "Patch").
enum PatchKind: Sendable {
  case json, merge, strategic
  /// The declaration of one manager; JSON or YAML.
  case apply

  /// - Throws: 415 for a kind that the resource does not take.
  init(contentType: String?, _ target: ServedResource) throws(StatusError) {
    let type = contentType.map { MediaRange($0[...]).type } ?? ""
    switch type {
    case "application/json-patch+json": self = .json
    case "application/merge-patch+json": self = .merge
    case "application/strategic-merge-patch+json" where !target.resource.isCustom: self = .strategic
    case "application/apply-patch+yaml", "application/apply-patch+json": self = .apply
    default:
      if !target.resource.isCustom { throw .unsupportedMediaType }
      throw .unsupportedMediaType(
        accepted: ["application/json-patch+json", "application/merge-patch+json", "application/apply-patch+yaml"])
    }
  }
}

extension Registry {
  /// Changes an object by a patch.
  func patch(
    _ kind: PatchKind, _ bytes: [UInt8], _ target: ServedResource, _ context: RequestContext, _ reader: BodyReader
  ) async throws -> Written {
    if kind == .apply { return try await apply(bytes, target, context, reader) }
    let (patch, problems) = try Patches.read(bytes, kind)
    return try await change(target, context, manager: try context.fieldManager(), operation: .update) { current in
      let changed = try Self.patched(current, by: patch, kind, target)
      var object = try reader.object(changed, target, madeBy: patch, kind, problems: problems)
      try ObjectPlace.check(object, target, context.info)
      if !target.resource.isNamespaced { object.setMetadata("namespace", nil) }
      return object
    }
  }

  private static func patched(
    _ current: JSONObject, by patch: JSONValue, _ kind: PatchKind, _ target: ServedResource
  ) throws(StatusError) -> JSONObject {
    let result: JSONValue
    switch kind {
    case .json: result = try Patches.json(patch, .object(current))
    case .merge: result = try Patches.merge(patch, .object(current))
    case .strategic:
      // Nothing is what a null changes.
      if case .null = patch { return current }
      guard case .object(let members) = patch else {
        throw .badRequest("json: cannot unmarshal \(patch.goKind) into Go value of type map[string]interface {}")
      }
      do {
        result = .object(
          try StrategicMergePatch(schema: target.version.schema, definitionName: target.version.definitionName)
            .apply(members, to: current))
      } catch {
        throw error.code == .failed ? StatusError(.unknown, error.message, code: 500) : .badRequest(error.message)
      }
    case .apply: throw .internalError("an apply is no patch")
    }
    guard case .object(let object) = result else {
      throw .badRequest("the patch makes something of the object that is none")
    }
    return object
  }

  /// Server-side apply: makes the object where there is none, and otherwise what the manager declares of it.
  private func apply(
    _ bytes: [UInt8], _ target: ServedResource, _ context: RequestContext, _ reader: BodyReader
  ) async throws -> Written {
    let options = try context.writeOptions()
    let (manager, force) = (options.fieldManager, options.force)
    let (info, subresource) = (context.info, context.info.subresource)
    let tree = try reader.applied(bytes)
    var configuration = try reader.configuration(tree)
    // An object that is there keeps its name where none is said.
    var placed = configuration
    if configuration.objectName.isEmpty { placed.setMetadata("name", .string(info.name)) }
    // What is wrong with it is told of the name and the namespace that stand in it.
    if !target.resource.isNamespaced { configuration.setMetadata("namespace", nil) }
    let declared = configuration
    for _ in 0..<8 {
      do {
        return try await change(target, context, manager: manager, operation: .apply) { current in
          let applied = try await FieldOwnership.apply(
            declared, to: current, target, conversion, manager: manager, subresource: subresource, force: force)
          try ObjectPlace.check(placed, target, info)
          return applied
        }
      } catch let error as StatusError
        where error.reason == .notFound && subresource.isEmpty && error.details?.kind == target.resource.plural
      {
        var new = try await FieldOwnership.apply(
          try versionless(declared), to: nil, target, conversion, manager: manager, subresource: "", force: force)
        let uid = declared.metadataText("uid")
        guard uid.isEmpty else {
          throw StatusError.conflict(
            target.groupResource, info.name,
            "uid mismatch: the provided object specified uid \(uid), and no existing object was found")
        }
        try ObjectPlace.check(declared, target, info)
        try await context.checkCreation()
        if target.resource.isNamespaced { new.setMetadata("namespace", .string(info.namespace)) }
        do { return try await create(new, target, context, isApplied: true) } catch let error as StatusError
          where error.reason == .alreadyExists
        {
          // Somebody made it meanwhile: then it is changed.
          continue
        }
      }
    }
    throw StatusError.conflict(target.groupResource, info.name)
  }
}
