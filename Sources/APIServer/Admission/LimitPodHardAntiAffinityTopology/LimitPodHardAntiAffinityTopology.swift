import APIMachinery

/// Lets pods demand that others are kept off their node, and off nothing larger (admission plugin
/// LimitPodHardAntiAffinityTopology).
public struct LimitPodHardAntiAffinityTopology: Admission {
  private static let host = "kubernetes.io/hostname"

  public init() {}

  public var interest: AdmissionInterest { .validating(.pods) }

  public func mutate(_ request: inout AdmissionRequest) async throws {}

  public func validate(_ request: AdmissionRequest) async throws {
    guard request.creates(.pods) || request.updates(.pods) else { return }
    let demanded = request.object?["spec"]?["affinity"]?["podAntiAffinity"]?[
      "requiredDuringSchedulingIgnoredDuringExecution"]
    for term in demanded?.arrayValue ?? [] {
      let key = term["topologyKey"]?.stringValue ?? ""
      guard key != Self.host else { continue }
      throw request.forbidden(
        "affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey \(key) but only key \(Self.host) is allowed")
    }
  }
}
