import APIMachinery

/// The objects that expressions of mutations put together: parts of the object by `Object{…}`, patches by `JSONPatch{…}`.
enum MutationTypes {
  /// A part of the object that is applied.
  static let object = CELType.opaque("Object", [])
  private static let patch = CELType.opaque("JSONPatch", [])
  /// A list of patches.
  static let patches = CELType.list(patch)

  static func environment(_ environment: CELEnvironment) -> CELEnvironment {
    environment.withPatchFunctions().with(structures: { type, field in structure(type, field) })
  }

  /// `Object.spec` is the type of the field `spec` of an `Object`, and so on down; what fields there are shows only when
  /// the object is applied.
  private static func structure(_ type: String, _ field: String?) -> CELType? {
    if type == "JSONPatch" {
      guard let field else { return patch }
      let fields: [String: CELType] = ["op": .string, "path": .string, "from": .string, "value": .dynamic]
      return fields[field]
    }
    guard type == "Object" || type.hasPrefix("Object.") else { return nil }
    return field == nil ? .opaque(type, []) : .dynamic
  }
}

extension MutationTypes {
  /// Checks that parts are named for the places where they stand: `Object.spec` under `spec`.
  /// - Throws: `CELEvaluationError`
  static func checkNames(_ value: CELValue) throws {
    guard case .object(let object) = value else { return }
    try checkNames(value, object.typeName)
  }

  private static func checkNames(_ value: CELValue, _ expected: String) throws {
    switch value {
    case .object(let object):
      guard object.typeName == expected else {
        throw CELEvaluationError(
          "unexpected type name \(object.typeName.goQuoted), expected \(expected.goQuoted), which matches field name path from root Object type"
        )
      }
      for (name, value) in object.values { try checkNames(value, "\(expected).\(name)") }
    case .list(let list):
      for value in try list.elements() {
        if case .object = value { try checkNames(value, expected) }
      }
    case .optional(let value?): try checkNames(value, expected)
    default: return
    }
  }

  /// The patches that an expression gives, as a JSON patch.
  /// - Throws: `CELEvaluationError` where a value has no JSON.
  static func patch(_ value: CELValue) throws -> JSONValue {
    guard case .list(let list) = value else { throw CELEvaluationError("no such overload") }
    return .array(
      try list.elements().map { element in
        guard case .object(let operation) = element else { throw CELEvaluationError("no such overload") }
        for member in operation.values where member.name == "value" { try checkNames(member.value) }
        return .object(JSONObject(try operation.values.map { ($0.name, try $0.value.json()) }))
      })
  }
}
