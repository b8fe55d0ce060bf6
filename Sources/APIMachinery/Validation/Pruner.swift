/// Removes what a schema does not describe.
///
/// A custom resource keeps `apiVersion`, `kind` and `metadata` at its root, and so does every embedded resource, whatever its schema
/// says; what stands in their `metadata` is described by the schema of object metadata alone.
public struct Pruner: Sendable {
  private let metadata: Schema?

  /// - Parameter metadata: the schema of object metadata; nil keeps all of the metadata of custom and embedded resources.
  public init(metadata: Schema? = nil) { self.metadata = metadata }

  /// Removes unknown fields from an object.
  ///
  /// - Parameter isEmbeddedResource: whether the object itself is a custom resource. That of a built-in kind is not: its
  ///   schema describes its metadata.
  /// - Returns: the paths of the fields removed (`spec.list[0].foo`), in the order in which they were found.
  @discardableResult
  public func prune(_ value: inout JSONValue, by schema: Schema, isEmbeddedResource: Bool = false) -> [String] {
    var walk = Walk(metadata: metadata)
    if let pruned = walk.pruned(value, schema.resolved, isEmbeddedResource: isEmbeddedResource) { value = pruned }
    return walk.unknown
  }

  private struct Walk {
    let metadata: Schema?
    var unknown: [String] = []
    var path = ValuePath()

    init(metadata: Schema?) { self.metadata = metadata }

    /// The value without what is unknown; nil where it is all known.
    mutating func pruned(_ value: JSONValue, _ schema: Schema?, isEmbeddedResource: Bool = false) -> JSONValue? {
      switch value {
      case .object(let object):
        if schema?.type == .any { return nil }
        return pruned(object, schema, isEmbeddedResource: isEmbeddedResource).map { .object($0) }
      case .array(let items):
        let keepsAll = schema?.preservesUnknownFields == true && schema?.items == nil
        if keepsAll || schema?.type == .any { return nil }
        return pruned(items, schema?.items?.resolved).map { .array($0) }
      default: return nil
      }
    }

    private mutating func pruned(_ items: [JSONValue], _ schema: Schema?) -> [JSONValue]? {
      var result: [JSONValue]?
      for (index, item) in items.enumerated() where item.isContainer {
        path.append(index)
        if let pruned = pruned(item, schema) {
          if result == nil { result = items }
          result?[index] = pruned
        }
        path.removeLast()
      }
      return result
    }

    private mutating func pruned(_ object: JSONObject, _ schema: Schema?, isEmbeddedResource: Bool) -> JSONObject? {
      var changes: [(name: String, value: JSONValue?)] = []
      let isEmbedded = isEmbeddedResource || schema?.isEmbeddedResource == true
      for (name, value) in object {
        if isEmbedded, name == "apiVersion" || name == "kind" || name == "metadata" {
          if name == "metadata", let metadata, value.isContainer {
            path.append(name)
            if let pruned = pruned(value, metadata.resolved) { changes.append((name, pruned)) }
            path.removeLast()
          }
          continue
        }
        let known: Schema?
        if let property = schema?.properties[name] {
          guard value.isContainer else { continue }
          known = property.resolved
        } else {
          switch schema?.additionalProperties {
          case .schema(let schema): known = schema.resolved
          case .allowed: known = nil
          case nil:
            if schema?.preservesUnknownFields == true { continue }
            noteUnknown(name)
            changes.append((name, nil))
            continue
          }
        }
        guard value.isContainer else { continue }
        path.append(name)
        if let pruned = pruned(value, known) { changes.append((name, pruned)) }
        path.removeLast()
      }
      guard !changes.isEmpty else { return nil }
      var result = object
      for (name, value) in changes { result[name] = value }
      return result
    }

    /// What tells an object's kind is never unknown at the root.
    private mutating func noteUnknown(_ name: String) {
      if path.isEmpty, name == "apiVersion" || name == "kind" || name == "metadata" { return }
      path.append(name)
      unknown.append(path.description)
      path.removeLast()
    }
  }
}

extension JSONValue {
  /// Whether this is an object or a list.
  var isContainer: Bool {
    switch self {
    case .object, .array: true
    default: false
    }
  }
}
