import APIMachinery

/// JSON patches and merge patches of trees.
enum Patches {
  /// The patch of a request's body, and what strict decoding says of it.
  static func read(_ bytes: [UInt8], _ kind: PatchKind) throws(StatusError) -> (patch: JSONValue, problems: [String]) {
    let patch: JSONValue
    var problems: [String]
    do { (patch, problems) = try JSONReader.strictValue(of: bytes) } catch {
      throw .badRequest(kind == .strategic ? error.message : "error decoding patch: \(error.message)")
    }
    problems = problems.map { "duplicate field \($0.goQuoted)" }
    if kind == .json { problems = Self.problems(ofOperations: patch, repeated: problems) }
    return (patch, problems)
  }

  /// RFC 6902.
  static func json(_ patch: JSONValue, _ value: JSONValue) throws(StatusError) -> JSONValue {
    let patch = try JSONPatch(patch)
    do { return try patch.applied(to: value) } catch { throw error.status }
  }

  private static let operationMembers: Set<String> = ["op", "path", "from", "value"]

  /// What strict decoding says of the operations of a JSON patch, whatever becomes of the object.
  /// - Parameter repeated: what the reader has said of members that stand there twice.
  private static func problems(ofOperations patch: JSONValue, repeated: [String]) -> [String] {
    var unknown: [String] = []
    for (index, operation) in (patch.arrayValue ?? []).enumerated() {
      for (name, _) in operation.objectValue ?? [:] where !operationMembers.contains(name) {
        unknown.append("[\(index)].\(name)")
      }
    }
    return StrictProblems.texts(unknown: unknown, repeated: repeated, in: patch).map { "json patch " + $0 }
  }

  /// RFC 7386.
  static func merge(_ patch: JSONValue, _ value: JSONValue) throws(StatusError) -> JSONValue {
    .object(try MergePatch.applied(patch, to: value.objectValue ?? [:]))
  }
}
