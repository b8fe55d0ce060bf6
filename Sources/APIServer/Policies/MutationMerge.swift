import APIMachinery

/// Merges the object that a policy gives into the one that is admitted, as server-side apply merges, but nobody is noted as the owner.
enum MutationMerge {
  struct Problem: Error {
    let message: String
  }

  /// - Throws: where the patch has fields that the kind has not, or would replace something that has one owner.
  static func merge(
    _ patch: JSONObject, into object: JSONObject, by target: ServedResource
  ) throws(Problem) -> JSONObject {
    var patch = patch
    patch["apiVersion"] = object["apiVersion"]
    patch["kind"] = object["kind"]
    let schema = target.version.schema.resolved
    var unknown: [String] = []
    var atomic: [String] = []
    inspect(.object(patch), schema, "", isRoot: true, &unknown, &atomic)
    if !unknown.isEmpty {
      let list = unknown.map { "\($0): field not declared in schema" }
      let text = list.count == 1 ? list[0] : "errors:\n  " + list.joined(separator: "\n  ")
      throw Problem(message: "failed to convert patch object to typed object: \(text)")
    }
    if !atomic.isEmpty {
      throw Problem(
        message:
          "invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: \(atomic.joined(separator: ", "))"
      )
    }
    guard case .object(let merged) = merged(.object(object), .object(patch), schema) else { return object }
    return merged
  }

  private static func inspect(
    _ value: JSONValue, _ schema: Schema, _ path: String, isRoot: Bool, _ unknown: inout [String],
    _ atomic: inout [String]
  ) {
    switch value {
    case .object(let object):
      guard schema.type == .object || !schema.properties.isEmpty else { return }
      if schema.mapType == .atomic { atomic.append(path) }
      for (name, member) in object {
        let place = "\(path).\(name)"
        // What every object has need not stand in the schema of a custom kind.
        if isRoot, ["apiVersion", "kind", "metadata"].contains(name), schema.properties[name] == nil { continue }
        if let field = schema.properties[name]?.resolved {
          inspect(member, field, place, isRoot: false, &unknown, &atomic)
        } else if case .schema(let members) = schema.additionalProperties {
          inspect(member, members.resolved, place, isRoot: false, &unknown, &atomic)
        } else if schema.preservesUnknownFields {
          continue
        } else if case .allowed(true) = schema.additionalProperties {
          continue
        } else {
          unknown.append(place)
        }
      }
    case .array(let items):
      guard let element = schema.items?.resolved else { return }
      if schema.listType != .map, schema.listType != .set { atomic.append(path) }
      for (index, item) in items.enumerated() {
        inspect(item, element, "\(path)[\(index)]", isRoot: false, &unknown, &atomic)
      }
    default: return
    }
  }

  private static func merged(_ old: JSONValue?, _ new: JSONValue, _ schema: Schema?) -> JSONValue {
    switch (old, new) {
    case (.object(var members)?, .object(let changes)):
      for (name, change) in changes {
        var inner = schema?.properties[name]?.resolved
        if inner == nil, case .schema(let values)? = schema?.additionalProperties { inner = values.resolved }
        members[name] = merged(members[name], change, inner)
      }
      return .object(members)
    case (.array(let items)?, .array(let changes)):
      var items = items
      for change in changes {
        if schema?.listType == .map, let keys = schema?.listMapKeys,
          let place = items.firstIndex(where: { isSame($0, change, keys, schema?.items?.resolved) })
        {
          items[place] = merged(items[place], change, schema?.items?.resolved)
        } else if schema?.listType != .set || !items.contains(change) {
          items.append(change)
        }
      }
      return .array(items)
    default: return new
    }
  }

  /// Whether two items of a list have the same keys; one that is not said is what it is by default.
  private static func isSame(_ a: JSONValue, _ b: JSONValue, _ keys: [String], _ schema: Schema?) -> Bool {
    keys.allSatisfy { key in
      let other = schema?.properties[key]?.defaultValue
      return (a[key] ?? other) == (b[key] ?? other)
    }
  }
}
