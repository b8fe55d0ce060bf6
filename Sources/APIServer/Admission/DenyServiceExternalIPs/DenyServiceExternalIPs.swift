import APIMachinery

/// Lets services take no external addresses that they do not have already (admission plugin DenyServiceExternalIPs).
public struct DenyServiceExternalIPs: Admission {
  public init() {}

  public var interest: AdmissionInterest { .validating(.services) }

  public func mutate(_ request: inout AdmissionRequest) async throws {}

  public func validate(_ request: AdmissionRequest) async throws {
    guard request.creates(.services) || request.updates(.services) else { return }
    func addresses(_ service: JSONObject?) -> Set<JSONValue> {
      Set(service?["spec"]?["externalIPs"]?.arrayValue ?? [])
    }
    guard addresses(request.object).isSubset(of: addresses(request.oldObject)) else {
      throw request.forbidden("Use of external IPs is denied by admission control")
    }
  }
}
