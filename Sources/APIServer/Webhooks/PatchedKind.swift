import APIMachinery
import ClusterAPI

/// What is said of an object that admission has made one of another kind, in the words of kube-apiserver: it reads what a patch has
/// left as whatever it says it is, and then wants back what was there.
struct PatchedKind {
  let kinds: BuiltinKinds
  /// What was patched.
  let expected: GroupVersionKind
  let target: ServedResource

  /// - Throws: 500 where the object is another one, 422 where a custom one has only the name of another kind.
  func check(_ object: JSONObject) throws(StatusError) {
    if object["apiVersion"]?.stringValue == expected.apiVersion, object["kind"]?.stringValue == expected.kind { return }
    for name in ["apiVersion", "kind"] {
      guard let value = object[name], !value.isNull, value.stringValue == nil else { continue }
      throw .internalError(
        "couldn't get version/kind; json parse error: json: cannot unmarshal \(value.goKind) into Go struct field .\(name) of type string"
      )
    }
    let version = object["apiVersion"]?.stringValue ?? ""
    guard let said = GroupVersion(apiVersion: version) else {
      throw .internalError("unexpected GroupVersion string: \(version)")
    }
    let kind = GroupVersionKind(group: said.group, version: said.version, kind: object["kind"]?.stringValue ?? "")
    if target.resource.isCustom, expected.kind == target.resource.kind {
      try check(custom: kind, object)
    } else {
      try check(version: version.isEmpty ? expected.apiVersion : version, kind)
    }
  }

  private func check(version: String, _ said: GroupVersionKind) throws(StatusError) {
    // What is not said is what is wanted.
    let kind = said.kind.isEmpty ? expected.kind : said.kind
    guard version != expected.apiVersion || kind != expected.kind else { return }
    let mismatch = KindMismatch(kinds: kinds, expected: expected)
    let group = said.version.isEmpty ? expected.group : said.group
    let number = said.version.isEmpty ? expected.version : said.version
    guard mismatch.knows(GroupVersionKind(group: group, version: number, kind: kind)) else {
      throw .internalError(mismatch.unregistered(version: version, kind: kind))
    }
    throw .internalError(
      "converting (\(number).\(kind)) to (\(expected.version).\(expected.kind)): unknown conversion")
  }

  private func check(custom said: GroupVersionKind, _ object: JSONObject) throws(StatusError) {
    guard !said.kind.isEmpty else {
      throw .internalError("Object 'Kind' is missing in '\(JSONValue.object(object).jsonText(sortedKeys: true))'")
    }
    guard said.group == expected.group else {
      throw .internalError(
        "failed to convert object: \(said.group)/\(said.version), Kind=\(said.kind) is unstructured and is not suitable for "
          + "converting to \(expected.apiVersion.goQuoted)")
    }
    guard target.resource.versions.contains(where: { $0.name == said.version }) else {
      throw .internalError(
        "failed to convert object: request to convert CR from an invalid group/version: \(said.group)/\(said.version)")
    }
    guard said.kind == expected.kind else {
      throw .invalid(
        GroupKind(group: said.group, kind: said.kind), object.objectName,
        [.invalid(FieldPath("kind"), .string(said.kind), "must be \(expected.kind)")])
    }
  }
}
