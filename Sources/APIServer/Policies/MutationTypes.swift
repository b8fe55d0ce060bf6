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
  /// Why what an expression gives is nothing that can be applied.
  struct Mismatch: Error {
    let message: String
  }

  /// Checks that parts are named for the places where they stand: `Object.spec` under `spec`.
  static func checkNames(_ value: CELValue) throws(Mismatch) {
    guard case .object(let object) = value else { return }
    var problems: [String] = []
    do { try collect(value, object.typeName, &problems) } catch { throw Mismatch(message: "type mismatch: \(error)") }
    guard problems.isEmpty else { throw Mismatch(message: "type mismatch: \(problems.joined(separator: "\n"))") }
  }

  private static func collect(_ value: CELValue, _ expected: String, _ problems: inout [String]) throws {
    switch value {
    case .object(let object):
      if object.typeName != expected {
        problems.append(
          "unexpected type name \(object.typeName.goQuoted), expected \(expected.goQuoted), which matches field name path from root Object type"
        )
      }
      for (name, value) in object.values { try collect(value, "\(expected).\(name)", &problems) }
    case .list(let list):
      for value in try list.elements() { try collect(value, expected, &problems) }
    case .optional(let value?): try collect(value, expected, &problems)
    default: return
    }
  }

  /// The patches that an expression gives, as a JSON patch. What an operation does not say is empty.
  static func patch(_ value: CELValue) throws(Mismatch) -> JSONValue {
    let elements: [CELValue]
    do {
      guard case .list(let list) = value else { throw CELEvaluationError("no such overload") }
      elements = try list.elements()
    } catch { throw unmarshalable(error) }
    var operations: [JSONValue] = []
    for element in elements {
      guard case .object(let operation) = element else { throw unmarshalable(CELEvaluationError("no such overload")) }
      var members: JSONObject = ["op": "", "path": ""]
      for (name, value) in operation.values {
        if name == "value" { try checkNames(value) }
        do { members[name] = try value.json() } catch { throw unmarshalable(error) }
      }
      if members["from"] == "" { members.remove("from") }
      operations.append(.object(members))
    }
    return .array(operations)
  }

  private static func unmarshalable(_ error: any Error) -> Mismatch {
    Mismatch(message: "JSONPath valueExpression evaluated to a type that could not marshal to JSON: \(error)")
  }
}
