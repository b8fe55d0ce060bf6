/// Merging a configuration into an object as an apply merges it, without anybody becoming the owner of its fields
/// (Kubernetes, "Mutating Admission Policy", `ApplyConfiguration`).
public enum UnownedApply {
  /// - Parameters:
  ///   - configuration: a part of an object of the same kind.
  ///   - schema: the kind's, with its metadata.
  /// - Returns: the object with what the configuration sets. Nothing is removed.
  /// - Throws: ``ApplyError`` where either does not have the shape that the schema gives it, and where the configuration
  ///   would replace something that has one owner as a whole: what it does not name there would be lost.
  public static func merge(
    _ configuration: JSONObject, into live: JSONObject, by schema: Schema
  ) throws(ApplyError) -> JSONObject {
    let type = MergeType(schema)
    let (changes, object) = (JSONValue.object(configuration), JSONValue.object(live))
    let problems = MergeCheck.problems(in: changes, type, allowsDuplicates: false)
    guard problems.isEmpty else {
      throw ApplyError(.failed, "failed to convert patch object to typed object: \(problems.message)")
    }
    let atomic = atomics(in: changes, type, "")
    guard atomic.isEmpty else {
      throw ApplyError(
        .failed,
        "invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: \(atomic.joined(separator: ", "))")
    }
    let old = MergeCheck.problems(in: object, type, allowsDuplicates: true)
    guard old.isEmpty else {
      throw ApplyError(.failed, "failed to convert original object to typed object: \(old.message)")
    }
    return MergeValue.merge(object, changes, type).objectValue ?? live
  }

  /// The places that have one owner as a whole.
  private static func atomics(in value: JSONValue, _ type: MergeType, _ path: String) -> [String] {
    switch (type.shape(of: value), value) {
    case (.map(let map), .object(let object)):
      var found = map.isAtomic ? [path] : []
      for (name, member) in object where map.isNamed(name) {
        guard let type = map.member(name) else { continue }
        found += atomics(in: member, type, path + FieldElement.name(name).description)
      }
      return found
    case (.list(let list), .array(let items)):
      var found = list.isAtomic ? [path] : []
      for (index, item) in items.enumerated() {
        found += atomics(in: item, list.element, path + FieldElement.index(index).description)
      }
      return found
    default: return []
    }
  }
}
