import APIMachinery

/// The kind that a webhook's answer says to be of, judged in the words of kube-apiserver's decoder.
struct ReviewKind {
  private static let versions: Set<String> = ["v1", "v1beta1"]
  private static let scheme = "k8s.io/apiserver/pkg/util/webhook/client.go:71"
  /// What Go's decoder calls the type by which it finds out the kind.
  private static let typeMeta =
    #"struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }"#

  let group: String
  /// In which the webhook was asked.
  let version: String
  let kind: String

  /// Why an answer cannot be read as what was asked for; nil where it can, and where it does not say what it is.
  func problem(_ answer: JSONValue) -> String? {
    func malformed(_ what: String) -> String {
      "couldn't get version/kind; json parse error: json: cannot unmarshal \(what)"
    }
    guard answer != .null else { return nil }
    guard answer.objectValue != nil else {
      return malformed("\(answer.goKind) into Go value of type \(Self.typeMeta)")
    }
    for name in ["apiVersion", "kind"] {
      guard let value = answer[name], value != .null, value.stringValue == nil else { continue }
      return malformed("\(value.goKind) into Go struct field .\(name) of type string")
    }
    let apiVersion = answer["apiVersion"]?.stringValue ?? ""
    guard let said = GroupVersion(apiVersion: apiVersion) else {
      return "unexpected GroupVersion string: \(apiVersion)"
    }
    let saidKind = answer["kind"]?.stringValue ?? ""
    let found = apiVersion.isEmpty ? GroupVersion(group: group, version: version) : said
    let foundKind = saidKind.isEmpty ? kind : saidKind
    let isReview = found.group == group && Self.versions.contains(found.version) && foundKind == kind
    if isReview, found.version == version { return nil }
    guard isReview || found.apiVersion == "v1" && foundKind == "Status" else {
      return
        "no kind \(foundKind.goQuoted) is registered for version \(found.apiVersion.goQuoted) in scheme "
        + Self.scheme.goQuoted
    }
    return "converting (\(found.version).\(foundKind)) to (\(version).\(kind)): unknown conversion"
  }
}
