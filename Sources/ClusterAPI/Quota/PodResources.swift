import APIMachinery

/// What a pod as a whole asks for and may use, told by its containers, its own resources and its overhead
/// (component-helpers' resource helpers).
public struct PodResources: Sendable {
  /// What a container asks for, and what it may use at most.
  public enum Part: String, Sendable { case requests, limits }

  private let pod: JSONObject

  public init(_ pod: JSONObject) { self.pod = pod }

  /// Names that a pod as a whole can set.
  private static func isPodLevel(_ name: String) -> Bool {
    name == "cpu" || name == "memory" || ResourceValidation.isHugePages(name)
  }

  /// Whether the pod as a whole asks for something, or is limited.
  public var areSetForThePod: Bool {
    [Part.requests, .limits].contains { part in
      ResourceAmounts(json: pod["spec"]?["resources"]?[part.rawValue]).names.contains(where: Self.isPodLevel)
    }
  }

  /// The sum.
  /// - Parameters:
  ///   - usesStatus: what a container holds counts where it is more than what it asks for: while it is resized.
  ///   - addsOverhead: with what running the pod itself costs.
  public func total(_ part: Part, usesStatus: Bool, addsOverhead: Bool) -> ResourceAmounts {
    let spec = pod["spec"] ?? [:]
    var sum = ResourceAmounts()
    for container in spec.items("containers") { sum += amounts(of: container, part, "containerStatuses", usesStatus) }
    var sidecars = ResourceAmounts()
    var initial = ResourceAmounts()
    // Containers that run before the others need what they need at once, beside the sidecars that have started.
    for container in spec.items("initContainers") {
      let own = amounts(of: container, part, "initContainerStatuses", usesStatus)
      if container.text("restartPolicy") == "Always" {
        sum += own
        sidecars += own
        initial = initial.maximum(sidecars)
      } else {
        initial = initial.maximum(own + sidecars)
      }
    }
    sum = sum.maximum(initial)
    let whole = ResourceAmounts(json: spec["resources"]?[part.rawValue])
    for name in whole.names where Self.isPodLevel(name) { sum[name] = whole[name] }
    guard addsOverhead else { return sum }
    let overhead = ResourceAmounts(json: spec["overhead"])
    switch part {
    case .requests: return sum + overhead
    // What has no limit gets none from its overhead.
    case .limits: return sum + overhead.keeping(sum.withoutZeros.names)
    }
  }

  private func amounts(
    of container: JSONValue, _ part: Part, _ statuses: String, _ usesStatus: Bool
  ) -> ResourceAmounts {
    let asked = ResourceAmounts(json: container["resources"]?[part.rawValue])
    guard usesStatus,
      let status = pod["status"]?.items(statuses).first(where: { $0["name"] == container["name"] })
    else { return asked }
    let held = ResourceAmounts(json: status["resources"]?[part.rawValue])
    let allocated = part == .requests ? ResourceAmounts(json: status["allocatedResources"]) : ResourceAmounts()
    return asked.maximum(held).maximum(allocated)
  }
}
