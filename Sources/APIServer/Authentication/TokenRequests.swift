import APIMachinery
import PKI

/// Answers requests for service accounts' tokens (`authentication.k8s.io/v1` TokenRequest).
extension ServiceAccounts {
  /// Seconds: what a token lasts at least and at most, and where nothing is said.
  private static let shortest: Int64 = 600
  private static let longest: Int64 = 1 << 32
  private static let usual: Int64 = 3600

  private static let kind = GroupKind(group: "authentication.k8s.io", kind: "TokenRequest")

  /// What a token is bound to, as it is asked for.
  private struct Bound {
    var binding = ServiceAccountClaims.Binding.none
    var isPod = false
  }

  /// - Parameter warn: told where less is granted than is asked for.
  /// - Throws: 400, 404, 409 or 422, where the request does not fit the account or what it is to be bound to.
  func issue(
    _ request: JSONObject, for account: CachedObject, warn: (String) -> Void
  ) throws(StatusError) -> JSONObject {
    var answer = request
    try Self.checkName(request, "name", account.name, "must match the service account name if specified", account)
    try Self.checkName(
      request, "namespace", account.namespace, "must match the service account namespace if specified", account)
    var spec = request["spec"]?.objectValue ?? [:]
    var seconds = spec["expirationSeconds"]?.integerValue ?? Self.usual
    try Self.check(seconds)
    if let longest = terms.longest, seconds > longest {
      warn("requested expiration of \(seconds) seconds shortened to \(longest) seconds")
      seconds = longest
    }
    let asked = (spec["audiences"]?.arrayValue ?? []).compactMap(\.stringValue)
    let meant = asked.isEmpty ? audiences : asked
    let bound = try bound(spec["boundObjectRef"], account)
    let issued = now()
    let token: ServiceAccountTokens.Token
    do {
      token = try tokens.issue(
        namespace: account.namespace, serviceAccount: .init(name: account.name, uid: account.uid),
        binding: bound.binding, audiences: meant, lifetime: seconds,
        // What a pod reads once and uses for ever must not break within the hour.
        extends: terms.extends && bound.isPod && Set(meant) == Set(audiences), atMost: terms.longest)
    } catch { throw .internalError("failed to generate token: \(error.description)") }
    spec["audiences"] = .array(meant.map { .string($0) })
    spec["expirationSeconds"] = .integer(seconds)
    spec["boundObjectRef"] = spec["boundObjectRef"] ?? .null
    answer["spec"] = .object(spec)
    var metadata = request["metadata"]?.objectValue ?? [:]
    metadata["name"] = .string(account.name)
    metadata["namespace"] = .string(account.namespace)
    metadata["creationTimestamp"] = .string(Timestamp(seconds: issued).description)
    answer["metadata"] = .object(metadata)
    answer["status"] = [
      "token": .string(token.text), "expirationTimestamp": .string(Timestamp(seconds: token.expires).description),
    ]
    return answer
  }

  private static func checkName(
    _ request: JSONObject, _ member: String, _ expected: String, _ detail: String, _ account: CachedObject
  ) throws(StatusError) {
    let said = request.metadataText(member)
    guard said.isEmpty || said == expected else {
      throw .invalid(kind, account.name, [.invalid(FieldPath("metadata", member), .string(said), detail)])
    }
  }

  private static func check(_ seconds: Int64) throws(StatusError) {
    let detail: String
    if seconds < shortest {
      detail = "may not specify a duration less than 10 minutes"
    } else if seconds > longest {
      detail = "may not specify a duration larger than 2^32 seconds"
    } else {
      return
    }
    throw .invalid(kind, "", [.invalid(FieldPath("spec", "expirationSeconds"), .integer(seconds), detail)])
  }

  private func bound(_ reference: JSONValue?, _ account: CachedObject) throws(StatusError) -> Bound {
    guard let reference, !reference.isNull else { return Bound() }
    let (kind, name) = (reference["kind"]?.stringValue ?? "", reference["name"]?.stringValue ?? "")
    let version = reference["apiVersion"]?.stringValue ?? ""
    let parsed = GroupVersion(apiVersion: version) ?? GroupVersion(group: "", version: "")
    guard parsed.group.isEmpty, let keys = ["Pod": "pods", "Secret": "secrets", "Node": "minions"][kind] else {
      throw .badRequest("cannot bind token to object of type \(parsed.group)/\(parsed.version), Kind=\(kind)")
    }
    guard let object = find(keys, kind == "Node" ? nil : account.namespace, name) else {
      throw .notFound(GroupResource(group: "", resource: kind.lowercased() + "s"), name)
    }
    if kind == "Pod", object.field(["spec", "serviceAccountName"]) != account.name {
      throw .badRequest(
        "cannot bind token for serviceaccount \(account.name.goQuoted) to pod running with different serviceaccount name."
      )
    }
    if let uid = reference["uid"]?.stringValue, !uid.isEmpty, uid != object.uid {
      throw .conflict(
        GroupResource(group: "", resource: kind), name,
        "the UID in the bound object reference (\(uid)) does not match the UID in record. The object might have been deleted and then recreated"
      )
    }
    let found = ServiceAccountClaims.Reference(name: name, uid: object.uid)
    switch kind {
    case "Pod": return Bound(binding: .pod(found, node: node(of: object)), isPod: true)
    case "Node": return Bound(binding: .node(found))
    default: return Bound(binding: .secret(found))
    }
  }

  /// The node that a pod is on; by its name alone where there is no such node.
  private func node(of pod: CachedObject) -> ServiceAccountClaims.Reference? {
    let name = pod.field(["spec", "nodeName"])
    guard !name.isEmpty else { return nil }
    return .init(name: name, uid: find("minions", nil, name)?.uid)
  }
}
