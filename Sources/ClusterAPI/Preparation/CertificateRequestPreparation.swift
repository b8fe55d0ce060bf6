import APIMachinery

/// What becomes of a request for a certificate when it is updated (pkg/registry/certificates/certificates/strategy).
enum CertificateRequestPreparation: KindPreparation {
  static func applies(to kind: GroupVersionKind) -> Bool {
    kind.kind == "CertificateSigningRequest" && kind.group == "certificates.k8s.io"
  }

  static func update(_ request: inout JSONValue, old: JSONValue, subresource: String) {
    update(&request, old: old, subresource: subresource, now: Timestamp.now.description)
  }

  /// - Parameter now: RFC 3339.
  static func update(_ request: inout JSONValue, old: JSONValue, subresource: String, now: String) {
    guard !subresource.isEmpty else {
      // What was asked for stays as it was.
      return request.editObject { $0["spec"] = old["spec"] }
    }
    let before = old["status"]?.items("conditions") ?? []
    if subresource == "approval" {
      // An approval is of what was asked for, and writes conditions and metadata.
      let conditions = request["status"]?["conditions"]
      request.editObject { members in
        members["spec"] = old["spec"]
        members["status"] = old["status"] ?? [:]
      }
      request.edit("status") { $0.editObject { $0["conditions"] = conditions } }
    }
    request.edit("status") { status in
      status.editItems(of: "conditions") { condition in
        let (type, value) = (condition["type"], condition["status"])
        condition.editObject { members in
          func isMissing(_ name: String) -> Bool { (members[name] ?? .null).isNull }
          if isMissing("lastUpdateTime") { members["lastUpdateTime"] = .string(now) }
          guard isMissing("lastTransitionTime") else { return }
          let same = before.first { $0["type"] == type && $0["status"] == value }
          let time = same?.text("lastTransitionTime") ?? ""
          members["lastTransitionTime"] = .string(time.isEmpty ? now : time)
        }
      }
    }
  }
}
