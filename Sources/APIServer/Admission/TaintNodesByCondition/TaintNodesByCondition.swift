import APIMachinery

/// Keeps pods from a new node until it is known to be ready (admission plugin TaintNodesByCondition).
public struct TaintNodesByCondition: Admission {
  private static let key = "node.kubernetes.io/not-ready"

  public init() {}

  public var interest: AdmissionInterest { .mutating(.nodes) }

  public func mutate(_ request: inout AdmissionRequest) async throws {
    guard request.creates(.nodes) else { return }
    try request.editSpec { spec throws(StatusError) in
      let taints = spec["taints"]?.arrayValue ?? []
      guard !taints.contains(where: { $0["key"]?.stringValue == Self.key && $0["effect"] == "NoSchedule" }) else {
        return
      }
      spec["taints"] = .array(taints + [["key": .string(Self.key), "effect": "NoSchedule"]])
    }
  }

  public func validate(_ request: AdmissionRequest) async throws {}
}
