import APIMachinery
import HTTPService

extension RequestContext {
  /// Checks what the query asks of a write, before anything else is looked at.
  /// - Throws: 422 as upstream does for its `CreateOptions`, `UpdateOptions` and `PatchOptions`.
  func checkOptions(of kind: WriteOptions.Kind) throws(StatusError) {
    var values: [String: [String]] = [:]
    for name in ["dryRun", "fieldManager", "fieldValidation", "force"] {
      let given = query.all(name)
      if !given.isEmpty { values[name] = given }
    }
    guard !values.isEmpty || kind == .apply else { return }
    _ = try WriteOptions(QueryParameters(values), for: kind)
  }
}
