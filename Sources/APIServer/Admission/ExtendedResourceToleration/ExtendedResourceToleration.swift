import APIMachinery
import ClusterAPI

/// Lets pods that want an extended resource onto nodes that are tainted by its name (admission plugin
/// ExtendedResourceToleration).
public struct ExtendedResourceToleration: Admission {
  public init() {}

  public var interest: AdmissionInterest { .mutating(.pods) }

  public func validate(_ request: AdmissionRequest) async throws {}

  public func mutate(_ request: inout AdmissionRequest) async throws {
    guard request.creates(.pods) || request.updates(.pods) else { return }
    var wanted: Set<String> = []
    for list in ["containers", "initContainers"] {
      for container in request.object?["spec"]?[list]?.arrayValue ?? [] {
        let requests = container["resources"]?["requests"]?.objectValue ?? [:]
        wanted.formUnion(requests.keys.filter(ResourceNames.isExtended))
      }
    }
    guard !wanted.isEmpty else { return }
    try request.editSpec { spec throws(StatusError) in
      var tolerations = spec["tolerations"]?.arrayValue ?? []
      for name in wanted.sorted() {
        let toleration: JSONValue = ["key": .string(name), "operator": "Exists", "effect": "NoSchedule"]
        if !tolerations.contains(toleration) { tolerations.append(toleration) }
      }
      spec["tolerations"] = .array(tolerations)
    }
  }
}
