import APIMachinery

/// The secrets that pods of an account may use, where the account restricts them
/// (annotation `kubernetes.io/enforce-mountable-secrets`).
struct MountableSecrets {
  /// What a pod uses and may not.
  struct Violation: Error {
    let message: String
  }

  private static let annotation = "kubernetes.io/enforce-mountable-secrets"

  private let account: String
  private let secrets: Set<String>
  private let pullSecrets: Set<String>

  static func areEnforced(by account: CachedObject) -> Bool {
    let value = account.object.value(at: ["metadata", "annotations", annotation])?.stringValue ?? ""
    return ["1", "t", "T", "true", "TRUE", "True"].contains(value)
  }

  init(_ account: CachedObject) {
    self.account = account.name
    func names(_ member: String) -> Set<String> {
      Set((account.object.value(at: member)?.arrayValue ?? []).compactMap { $0["name"]?.stringValue })
    }
    secrets = names("secrets")
    pullSecrets = names("imagePullSecrets")
  }

  /// - Parameter onlyEphemeral: the rest of the pod was judged before.
  func check(_ spec: JSONObject, onlyEphemeral: Bool) throws(Violation) {
    try check(spec["ephemeralContainers"], "ephemeral container")
    if onlyEphemeral { return }
    for volume in spec["volumes"]?.arrayValue ?? [] {
      guard let name = volume["secret"]?["secretName"]?.stringValue, !secrets.contains(name) else { continue }
      throw refusal("volume with secret.secretName=\"\(name)\" is not allowed", "secret")
    }
    try check(spec["initContainers"], "init container")
    try check(spec["containers"], "container")
    for (index, reference) in (spec["imagePullSecrets"]?.arrayValue ?? []).enumerated() {
      guard let name = reference["name"]?.stringValue, !pullSecrets.contains(name) else { continue }
      throw refusal("imagePullSecrets[\(index)].name=\"\(name)\" is not allowed", "imagePullSecret")
    }
  }

  private func check(_ containers: JSONValue?, _ what: String) throws(Violation) {
    for container in containers?.arrayValue ?? [] {
      for variable in container["env"]?.arrayValue ?? [] {
        guard let name = variable["valueFrom"]?["secretKeyRef"]?["name"]?.stringValue, !secrets.contains(name) else {
          continue
        }
        let place = "\(container["name"]?.stringValue ?? "") with envVar \(variable["name"]?.stringValue ?? "")"
        throw refusal("\(what) \(place) referencing secret.secretName=\"\(name)\" is not allowed", "secret")
      }
      for source in container["envFrom"]?.arrayValue ?? [] {
        guard let name = source["secretRef"]?["name"]?.stringValue, !secrets.contains(name) else { continue }
        let place = "\(container["name"]?.stringValue ?? "") with envFrom"
        throw refusal("\(what) \(place) referencing secret.secretName=\"\(name)\" is not allowed", "secret")
      }
    }
  }

  private func refusal(_ what: String, _ kind: String) -> Violation {
    Violation(message: "\(what) because service account \(account) does not reference that \(kind)")
  }
}
