import APIMachinery

/// Owners of an object that are named more than once are kept once, and its client is warned.
enum OwnerReferences {
  /// - Parameter afterAdmission: whether it was admission that has named them again.
  static func unite(_ object: inout JSONObject, _ context: RequestContext, afterAdmission: Bool = false) {
    guard case .array(let references)? = object["metadata"]?["ownerReferences"], references.count > 1 else { return }
    var kept: [JSONValue] = []
    var repeated: [String] = []
    var seen: Set<JSONValue> = []
    for reference in references {
      guard seen.insert(reference).inserted else {
        repeated.append(reference["uid"]?.stringValue ?? "")
        continue
      }
      kept.append(reference)
    }
    guard !repeated.isEmpty else { return }
    object.setMetadata("ownerReferences", .array(kept))
    context.warn(
      ".metadata.ownerReferences contains duplicate entries\(afterAdmission ? " after mutating admission happens" : ""); "
        + "API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; "
        + "please fix your requests; duplicate UID(s) observed: \(repeated.joined(separator: ", "))")
  }
}
