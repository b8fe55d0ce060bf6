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
      throw .unsupportedMediaType(
        accepted: ["application/json-patch+json", "application/merge-patch+json"]
          + (target.resource.isCustom ? [] : ["application/strategic-merge-patch+json"])
          + ["application/apply-patch+yaml"])
    }
  }
}

extension Registry {
  /// Changes an object by a patch.
  func patch(
    _ kind: PatchKind, _ bytes: [UInt8], _ target: ServedResource, _ context: RequestContext, _ reader: BodyReader
  ) async throws -> Written {
    if kind == .apply { return try await apply(bytes, target, context, reader) }
    guard context.query["force"] == nil else {
      throw StatusError.invalid(
        GroupKind(group: "meta.k8s.io", kind: "PatchOptions"), "",
        [.forbidden(FieldPath("force"), "may not be specified for non-apply patch")])
    }
    let patch: JSONValue
    do { patch = try JSONValue(json: bytes) } catch {
      throw StatusError.badRequest("error decoding patch: \(error.message)")
    }
    return try await change(target, context, manager: try context.fieldManager(), operation: .update) { current in
      let changed = try Self.patched(current, by: patch, kind, target)
      return try reader.object(.object(changed), target)
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
      guard case .object(let members) = patch else {
        throw .badRequest("a strategic merge patch is an object")
      }
      do {
        result = .object(
          try StrategicMergePatch(schema: target.version.schema, definitionName: target.version.definitionName)
            .apply(members, to: current))
      } catch { throw .badRequest(error.message) }
    case .apply: throw .internalError("an apply is no patch")
    }
    guard case .object(let object) = result else {
      throw .badRequest("the patch makes something of the object that is none")
    }
    return object
  }

  /// Server-side apply.
  private func apply(
    _ bytes: [UInt8], _ target: ServedResource, _ context: RequestContext, _ reader: BodyReader
  ) async throws -> Written {
    throw StatusError.unsupportedMediaType(
      accepted: ["application/json-patch+json", "application/merge-patch+json"])
  }
}
