import APIMachinery
import ClusterAPI

/// Gives pods the tolerations of their namespace, and lets them have no others than those that are allowed there: by
/// annotations of the namespace, or by the plugin's configuration (admission plugin PodTolerationRestriction).
public struct PodTolerationRestriction: Admission {
  private static let usualAnnotation = "scheduler.alpha.kubernetes.io/defaultTolerations"
  private static let allowedAnnotation = "scheduler.alpha.kubernetes.io/tolerationsWhitelist"
  private static let memoryPressure: JSONValue = [
    "key": "node.kubernetes.io/memory-pressure", "operator": "Exists", "effect": "NoSchedule",
  ]

  private let namespaces: ResourceCache
  private let configuration: TolerationConfiguration

  public init(_ store: ClusterStore, _ configuration: TolerationConfiguration = .init()) {
    namespaces = store.clusterObjects("namespaces")
    self.configuration = configuration
  }

  public var interest: AdmissionInterest { .both(.pods) }

  public func mutate(_ request: inout AdmissionRequest) async throws {
    guard request.creates(.pods) || request.updates(.pods), let pod = request.object else { return }
    var more: [JSONValue] = []
    if request.operation == .create {
      more = try annotated(Self.usualAnnotation, request) ?? configuration.usual
    }
    if QualityOfService(pod: .object(pod)) != .bestEffort { more.append(Self.memoryPressure) }
    if !more.isEmpty {
      try request.editSpec { spec throws(StatusError) in
        spec["tolerations"] = .array(Tolerations.merged(spec["tolerations"]?.arrayValue ?? [], more))
      }
    }
    try await validate(request)
  }

  public func validate(_ request: AdmissionRequest) async throws {
    guard request.creates(.pods) || request.updates(.pods) else { return }
    let tolerations = request.object?["spec"]?["tolerations"]?.arrayValue ?? []
    guard !tolerations.isEmpty else { return }
    let own = try annotated(Self.allowedAnnotation, request)
    let allowed = own ?? configuration.allowed
    guard allowed.isEmpty || tolerations.allSatisfy({ one in allowed.contains { Tolerations.covers($0, one) } }) else {
      throw StatusError.internalError(
        "pod tolerations (possibly merged with namespace default tolerations) conflict with its \(own == nil ? "cluster" : "namespace") whitelist"
      )
    }
  }

  /// Tolerations that an annotation of the namespace holds; nil where there is no such.
  private func annotated(_ name: String, _ request: AdmissionRequest) throws(StatusError) -> [JSONValue]? {
    guard let namespace = namespaces.get("\(StorageLayout.root)namespaces/\(request.namespace)") else {
      throw .notFound(.namespaces, request.namespace)
    }
    guard let text = namespace.object.annotation(name) else { return nil }
    if text.isEmpty { return [] }
    do {
      guard let items = try JSONValue(json: Array(text.utf8)).arrayValue else {
        throw StatusError.internalError("the annotation \(name) of the namespace is no list of tolerations")
      }
      return items
    } catch let error as StatusError { throw error } catch {
      throw .internalError("the annotation \(name) of the namespace: \(error)")
    }
  }
}
