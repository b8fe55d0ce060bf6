import APIMachinery
import HTTPService

/// Reads and writes the number of replicas of an object through an `autoscaling/v1` Scale.
struct ScaleHandler {
  let handler: ResourceHandler
  let paths: ScalePaths
  let kind: KindDescription

  func respond(_ form: ResponseForm) async throws -> Response {
    let info = handler.info
    switch info.verb {
    case "get":
      let object = try handler.registry.find(handler.target, namespace: info.namespace, name: info.name)
      return try answer(try await handler.registry.tree(object, handler.target), form)
    case "update":
      let scale = try handler.reader.object(try await handler.requestBody(), handler.target, kind: kind)
      try ObjectPlace.check(scale, handler.target, info)
      return try await write(form) { _ in scale }
    default:
      let patchKind = try PatchKind(contentType: handler.request.headers["Content-Type"], handler.target)
      let bytes = try await handler.requestBody()
      if patchKind == .apply { return try await apply(bytes, form) }
      let (patch, problems) = try Patches.read(bytes, patchKind)
      return try await write(form) { current in
        let changed: JSONValue
        switch patchKind {
        case .json: changed = try Patches.json(patch, .object(current))
        case .merge, .strategic: changed = try Patches.merge(patch, .object(current))
        case .apply: throw StatusError.internalError("an apply is no patch")
        }
        guard case .object(let outcome) = changed else {
          throw StatusError.badRequest("the patch makes something of the object that is none")
        }
        let scale = try handler.reader.object(
          outcome, handler.target, kind: kind, madeBy: patch, patchKind, problems: problems)
        try ObjectPlace.check(scale, handler.target, info)
        return scale
      }
    }
  }

  /// Server-side apply of the count. Who owns it in the Scale owns it in the object.
  private func apply(_ bytes: [UInt8], _ form: ResponseForm) async throws -> Response {
    let context = handler.context
    let options = try context.writeOptions()
    guard case .object(var configuration) = try handler.reader.applied(bytes) else {
      throw StatusError.badRequest("the object provided is not a JSON object")
    }
    if configuration.objectName.isEmpty { configuration.setMetadata("name", .string(context.info.name)) }
    try ObjectPlace.check(configuration, handler.target, context.info)
    let declared = configuration
    let version = kind.groupVersionKind.groupVersion
    let manager = FieldManager(
      kind.groupVersionKind, subresource: "scale", versions: ObjectVersions([version: kind.schema]),
      definitionName: kind.definitionName)
    let ownership = ScaleOwnership(
      version: handler.target.groupVersionKind.groupVersion, paths: FieldOwnership.countPaths(of: handler.target))
    return try await write(form, operation: .apply) { current in
      var scale = scale(of: current)
      let owners = current["metadata"]?["managedFields"]
      do {
        scale.setMetadata("managedFields", try ownership.toScale(owners))
        var applied = try await manager.apply(
          declared, to: scale, by: options.fieldManager, force: options.force, at: Timestamp.now.description)
        let written = try ownership.toObject(owners, scale: applied["metadata"]?["managedFields"])
        applied.setMetadata("managedFields", written)
        return applied
      } catch let error as ApplyError {
        throw error.status
      }
    }
  }

  /// - Parameter make: the Scale that is wanted, of the one that there is; to an apply the object is given, and it says
  ///   who owns the object's fields then.
  private func write(
    _ form: ResponseForm, operation: FieldOwnership.Operation = .update,
    _ make: (JSONObject) async throws -> JSONObject
  ) async throws -> Response {
    let context = handler.context
    let written = try await handler.registry.change(
      handler.target, context, manager: try context.fieldManager(), operation: operation
    ) { current in
      let scale = try await make(operation == .apply ? current : self.scale(of: current))
      let replicas = scale["spec"]?["replicas"]?.integerValue ?? 0
      guard replicas >= 0 else {
        throw StatusError.invalid(
          isCustom ? handler.target.groupKind : GroupKind(group: "autoscaling", kind: "Scale"), context.info.name,
          [
            isCustom
              ? .invalid(FieldPath(paths.specReplicas), .integer(replicas), "should be a non-negative integer")
              : .invalid(FieldPath("spec", "replicas"), .integer(replicas), "must be greater than or equal to 0")
          ])
      }
      var object = current
      for name in ["resourceVersion", "uid"] {
        if let value = scale["metadata"]?[name]?.stringValue, !value.isEmpty {
          object.setMetadata(name, .string(value))
        }
      }
      if operation == .apply { object.setMetadata("managedFields", scale["metadata"]?["managedFields"]) }
      JSONPlace.set(&object, JSONPlace.parts(paths.specReplicas), to: .integer(replicas))
      return object
    }
    guard case .object(let object) = try JSONValue(json: written.bytes) else {
      throw StatusError.internalError("no object")
    }
    return try answer(object, form)
  }

  private var isCustom: Bool { handler.target.resource.isCustom }

  /// - Throws: 500 where an object of a custom kind does not say how many replicas there shall be.
  private func answer(_ object: JSONObject, _ form: ResponseForm) throws -> Response {
    if isCustom, JSONPlace.value(object, JSONPlace.parts(paths.specReplicas)) == nil {
      throw StatusError.internalError("the spec replicas field \(paths.specReplicas.goQuoted) does not exist")
    }
    let scale = scale(of: object)
    guard form.shape != .object else { return try Answer.object(scale, form, handler.registry.kinds) }
    let answer = try ObjectAnswer(
      handler.target, handler.registry.kinds, form, handler.request.query, columns: .scale(handler.registry.kinds))
    return try answer.one(StoredObject(scale, revision: UInt64(scale.metadataText("resourceVersion")) ?? 0))
  }

  private func scale(of object: JSONObject) -> JSONObject {
    ScaleForm(paths: paths, kind: kind.groupVersionKind).scale(of: object)
  }
}

/// Values at simple JSON paths (`.spec.replicas`).
enum JSONPlace {
  static func parts(_ path: String) -> [String] { path.split(separator: ".").map(String.init) }

  static func value(_ object: JSONObject, _ path: [String]) -> JSONValue? {
    var value = JSONValue.object(object)
    for name in path {
      guard let next = value[name] else { return nil }
      value = next
    }
    return value
  }

  static func set(_ object: inout JSONObject, _ path: [String], to value: JSONValue) {
    guard let first = path.first else { return }
    guard path.count > 1 else {
      object[first] = value
      return
    }
    var inner = object[first]?.objectValue ?? [:]
    set(&inner, Array(path.dropFirst()), to: value)
    object[first] = .object(inner)
  }
}
