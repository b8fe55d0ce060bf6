import APIMachinery

/// How late a pod is evicted when its node runs short.
public enum QualityOfService: String, Sendable, Hashable {
  case guaranteed = "Guaranteed"
  case burstable = "Burstable"
  case bestEffort = "BestEffort"

  /// Of a pod with its defaults: guaranteed where every container is limited to what it requests of processor time and memory,
  /// best effort where none asks for anything.
  public init(pod: JSONValue) {
    let spec = pod["spec"] ?? [:]
    let whole = spec["resources"]
    // Where the pod as a whole says something, and be it nothing, its containers do not count.
    let parts =
      spec.has("resources")
      ? [whole] : (spec.items("containers") + spec.items("initContainers")).map { $0["resources"] }
    var asks = false
    var isGuaranteed = true
    for part in parts {
      for name in ["cpu", "memory"] {
        let request = (part?["requests"]?[name]?.stringValue).flatMap(Quantity.init(reading:))
        let limit = (part?["limits"]?[name]?.stringValue).flatMap(Quantity.init(reading:))
        asks = asks || (request?.sign ?? 0) > 0 || (limit?.sign ?? 0) > 0
        guard let limit, limit.sign > 0, request.map({ $0 == limit }) ?? true else {
          isGuaranteed = false
          continue
        }
      }
    }
    self = !asks ? .bestEffort : isGuaranteed ? .guaranteed : .burstable
  }
}
