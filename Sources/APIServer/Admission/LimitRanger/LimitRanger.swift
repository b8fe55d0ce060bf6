import APIMachinery
import ClusterAPI

/// Gives containers that say nothing the defaults of their namespace, and holds pods, containers and claims of volumes to
/// its limits (admission plugin LimitRanger).
public struct LimitRanger: Admission {
  private static let annotation = "kubernetes.io/limit-ranger"
  private static let prefix = "\(StorageLayout.root)limitranges/"
  private let ranges: ResourceCache

  public init(_ store: ClusterStore) { ranges = store.cache(of: Self.prefix) }

  private func ranges(in namespace: String) -> [LimitRange] {
    ranges.list(Self.prefix + namespace + "/").objects.map { LimitRange($0.object.value(at: "spec")) }
  }

  public var interest: AdmissionInterest { .both(.pods, .persistentVolumeClaims) }

  public func mutate(_ request: inout AdmissionRequest) async throws {
    guard ranges.count > 0, request.creates(.pods), var pod = request.object
    else { return }
    var isChanged = false
    for range in ranges(in: request.namespace) {
      if let changed = Self.filledIn(pod, by: range) {
        pod = changed
        isChanged = true
      }
    }
    if isChanged { request.object = pod }
  }

  /// A pod with defaults; nil where it needs none.
  static func filledIn(_ pod: JSONObject, by range: LimitRange) -> JSONObject? {
    var (limits, requests) = (ResourceAmounts(), ResourceAmounts())
    for item in range.items where item.type == "Container" {
      for name in item.defaultLimits.names { limits[name] = item.defaultLimits[name] }
      for name in item.defaultRequests.names { requests[name] = item.defaultRequests[name] }
    }
    guard !limits.isEmpty || !requests.isEmpty, var spec = pod["spec"]?.objectValue else { return nil }
    var notes: [String] = []
    for (list, word) in [("containers", "container"), ("initContainers", "init container")] {
      guard let containers = spec[list]?.arrayValue else { continue }
      spec[list] = .array(
        containers.map { container in
          guard var object = container.objectValue else { return container }
          var resources = object["resources"]?.objectValue ?? [:]
          let name = object["name"]?.stringValue ?? ""
          for (part, member, defaults) in [("request", "requests", requests), ("limit", "limits", limits)] {
            var amounts = ResourceAmounts(json: resources[member])
            let missing = defaults.names.filter { amounts[$0] == nil }
            guard !missing.isEmpty else { continue }
            for name in missing { amounts[name] = defaults[name] }
            resources[member] = amounts.json
            notes.append("\(missing.joined(separator: ", ")) \(part) for \(word) \(name)")
          }
          object["resources"] = .object(resources)
          return .object(object)
        })
    }
    guard !notes.isEmpty else { return nil }
    var result = pod
    result["spec"] = .object(spec)
    var annotations = pod["metadata"]?["annotations"]?.objectValue ?? [:]
    annotations[annotation] = .string("LimitRanger plugin set: \(notes.joined(separator: "; "))")
    result.setMetadata("annotations", .object(annotations))
    return result
  }

  public func validate(_ request: AdmissionRequest) async throws {
    guard ranges.count > 0, let object = request.object, request.oldObject?.isBeingDeleted != true else { return }
    let old = request.oldObject
    let violations: (LimitRange) -> [String]
    switch (request.resource.groupResource, request.operation, request.subresource) {
    case (.pods, .create, ""), (.pods, .update, "resize"):
      violations = { Self.violations(ofPod: object, old: old, $0) }
    case (.persistentVolumeClaims, .create, ""), (.persistentVolumeClaims, .update, ""):
      violations = { Self.violations(ofClaim: object, old: old, $0) }
    default: return
    }
    for range in ranges(in: request.namespace) {
      let found = violations(range)
      guard !found.isEmpty else { continue }
      let text = found.count == 1 ? found[0] : "[\(found.joined(separator: ", "))]"
      throw request.forbidden(text)
    }
  }

  static func violations(ofPod pod: JSONObject, old: JSONObject?, _ range: LimitRange) -> [String] {
    func whole(_ pod: JSONObject) -> LimitRange.Demand {
      let resources = PodResources(pod)
      return LimitRange.Demand(
        requests: resources.total(.requests, usesStatus: false, addsOverhead: false),
        limits: resources.total(.limits, usesStatus: false, addsOverhead: false))
    }
    var found: [String] = []
    for item in range.items {
      switch item.type {
      case "Container":
        for list in ["containers", "initContainers"] {
          let before = old?["spec"]?[list]?.arrayValue ?? []
          for container in pod["spec"]?[list]?.arrayValue ?? [] {
            let earlier = before.first { $0["name"] == container["name"] }
            found += item.violations(
              LimitRange.Demand(container["resources"]), old: earlier.map { LimitRange.Demand($0["resources"]) })
          }
        }
      case "Pod": found += item.violations(whole(pod), old: old.map(whole))
      default: continue
      }
    }
    return found.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  static func violations(ofClaim claim: JSONObject, old: JSONObject?, _ range: LimitRange) -> [String] {
    func requests(_ claim: JSONObject) -> ResourceAmounts {
      ResourceAmounts(json: claim["spec"]?["resources"]?["requests"])
    }
    return range.items.filter { $0.type == "PersistentVolumeClaim" }
      .flatMap { $0.violations(ofClaim: requests(claim), old: old.map(requests)) }
  }
}
