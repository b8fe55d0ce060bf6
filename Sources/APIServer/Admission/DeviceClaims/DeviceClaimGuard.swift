import APIMachinery

/// Keeps the status of claims to devices to those who may write it (kube-apiserver's strategies of `resource.k8s.io`): it needs
/// a permission for each of its parts (Kubernetes, "Hardening Guide - Dynamic Resource Allocation").
public struct DeviceClaimGuard: Admission {
  private static let group = "resource.k8s.io"
  private static let claims = GroupResource(group: group, resource: "resourceclaims")

  private let authorizer: any Authorizer

  public init(authorizer: any Authorizer) { self.authorizer = authorizer }

  public var interest: AdmissionInterest { .validating(Self.claims) }

  public func mutate(_ request: inout AdmissionRequest) async throws {}

  public func validate(_ request: AdmissionRequest) async throws {
    guard request.resource.groupResource == Self.claims, request.subresource == "status", request.user != .server,
      let object = request.object
    else { return }
    let (status, before) = (object["status"] ?? [:], request.oldObject?["status"] ?? [:])
    var errors = await binding(status, before, request)
    errors += await devices(status, before, request)
    guard errors.isEmpty else { throw StatusError.invalid(request.resource.groupKind, request.name, errors) }
  }

  // MARK: - Parts of the status

  private func binding(
    _ status: JSONValue, _ before: JSONValue, _ request: AdmissionRequest
  ) async -> [FieldError] {
    guard status["allocation"] != before["allocation"] || status["reservedFor"] != before["reservedFor"] else {
      return []
    }
    let verb = request.context.info.verb
    guard let refusal = await refusal(request, verb, "binding", namespace: "", name: "") else { return [] }
    return [
      .forbidden(
        FieldPath("status", "allocation"),
        "changing status.allocation or status.reservedFor requires resource=\"resourceclaims/binding\", verb=\"\(verb)\" permission: \(refusal)"
      )
    ]
  }

  /// Each driver by itself: a driver of a node may be allowed claims of its own node only.
  private func devices(
    _ status: JSONValue, _ before: JSONValue, _ request: AdmissionRequest
  ) async -> [FieldError] {
    var verbs = ["arbitrary-node:\(request.context.info.verb)"]
    if let node = Self.node(of: request.user), node == Self.node(of: status["allocation"]) {
      verbs.insert("associated-node:\(request.context.info.verb)", at: 0)
    }
    var errors: [FieldError] = []
    for driver in Self.changedDrivers(status, before) {
      var first: String?
      for verb in verbs {
        guard
          let refusal = await refusal(request, verb, "driver", namespace: request.namespace, name: driver)
        else {
          first = nil
          break
        }
        first = first ?? refusal
      }
      guard let first else { continue }
      errors.append(
        .forbidden(
          FieldPath("status", "devices"),
          "changing status.devices requires resource=\"resourceclaims/driver\", verb=\"[\(verbs.joined(separator: " "))]\" permission: \(first)"
        ))
    }
    return errors
  }

  private static func changedDrivers(_ status: JSONValue, _ before: JSONValue) -> [String] {
    func devices(_ status: JSONValue) -> [[String]: JSONValue] {
      let list = (status["devices"]?.arrayValue ?? []).map { device in
        (["driver", "pool", "device", "shareID"].map { device[$0]?.stringValue ?? "" }, device)
      }
      return Dictionary(list) { $1 }
    }
    let (new, old) = (devices(status), devices(before))
    let changed = Set(new.keys).union(old.keys).filter { new[$0] != old[$0] }
    return Set(changed.map { $0[0] }).sorted()
  }

  /// The node that a service account's token is bound to.
  private static func node(of user: User) -> String? {
    guard user.name.hasPrefix("system:serviceaccount:") else { return nil }
    let names = user.extra["authentication.kubernetes.io/node-name"] ?? []
    guard names.count == 1, NameRules.dns1123Subdomain(names[0]).isEmpty else { return nil }
    return names[0]
  }

  /// The node whose devices an allocation is of; nil where it may be of several.
  private static func node(of allocation: JSONValue?) -> String? {
    let terms = allocation?["nodeSelector"]?["nodeSelectorTerms"]?.arrayValue ?? []
    guard terms.count == 1, (terms[0]["matchExpressions"]?.arrayValue ?? []).isEmpty,
      let fields = terms[0]["matchFields"]?.arrayValue, fields.count == 1, fields[0]["key"] == "metadata.name",
      fields[0]["operator"] == "In", let values = fields[0]["values"]?.arrayValue, values.count == 1
    else { return nil }
    return values[0].stringValue
  }

  /// Why the sender may not do something with a part of claims; nil where they may.
  private func refusal(
    _ request: AdmissionRequest, _ verb: String, _ part: String, namespace: String, name: String
  ) async -> String? {
    let info = RequestInfo(
      verb: verb, group: Self.group, version: request.context.info.version, resource: Self.claims.resource,
      subresource: part, namespace: namespace, name: name)
    switch await authorizer.authorize(request.user, info) {
    case .allowed: return nil
    case .denied(let reason), .noOpinion(let reason): return StatusError.refused(request.user, info, reason).message
    case .failed(let why, isFinal: _): return why
    }
  }
}
