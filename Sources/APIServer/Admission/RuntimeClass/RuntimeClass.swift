import APIMachinery
import ClusterAPI

/// Gives pods what their runtime class costs and where it runs (admission plugin RuntimeClass).
public struct RuntimeClass: Admission {
  private let classes: ResourceCache

  public init(_ store: ClusterStore) { classes = store.clusterObjects("runtimeclasses") }

  public var interest: AdmissionInterest { .both(.pods) }

  public func mutate(_ request: inout AdmissionRequest) async throws {
    guard request.creates(.pods), let found = try runtimeClass(request) else { return }
    let context = request
    try request.editSpec { spec throws(StatusError) in
      if let problem = Self.apply(overhead: found["overhead"]?["podFixed"], found["scheduling"], to: &spec) {
        throw context.forbidden(problem)
      }
    }
  }

  private func runtimeClass(_ request: AdmissionRequest) throws(StatusError) -> JSONObject? {
    guard let name = request.object?["spec"]?["runtimeClassName"]?.stringValue else { return nil }
    if let problem = LookupName.problem(of: name) { throw StatusError(.unknown, problem, code: 500) }
    guard let found = classes.get("\(StorageLayout.root)runtimeclasses/\(name)") else {
      throw request.forbidden("pod rejected: RuntimeClass \(name.goQuoted) not found")
    }
    return found.object.tree()
  }

  /// - Returns: why the pod and the class do not go together; nil where they do.
  static func apply(overhead: JSONValue?, _ scheduling: JSONValue?, to spec: inout JSONObject) -> String? {
    if let overhead {
      if let own = spec["overhead"], !isSame(own, overhead) {
        return "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"
      }
      spec["overhead"] = overhead
    }
    guard let scheduling else { return nil }
    if let wanted = scheduling["nodeSelector"]?.objectValue, !wanted.isEmpty {
      var selector = spec["nodeSelector"]?.objectValue ?? [:]
      for (key, value) in wanted.sorted {
        if let own = selector[key], own != value {
          return "conflict: runtimeClass.scheduling.nodeSelector[\(key)] = \(value.stringValue ?? ""); "
            + "pod.spec.nodeSelector[\(key)] = \(own.stringValue ?? "")"
        }
        selector[key] = value
      }
      spec["nodeSelector"] = .object(selector)
    }
    var tolerations = spec["tolerations"]?.arrayValue ?? []
    let more = (scheduling["tolerations"]?.arrayValue ?? []).filter { !tolerations.contains($0) }
    if !more.isEmpty {
      tolerations += more
      spec["tolerations"] = .array(tolerations)
    }
    return nil
  }

  private static func isSame(_ one: JSONValue, _ other: JSONValue) -> Bool {
    ResourceAmounts(json: one) == ResourceAmounts(json: other)
  }

  public func validate(_ request: AdmissionRequest) async throws {
    guard request.creates(.pods), let object = request.object else { return }
    let own = object["spec"]?["overhead"] ?? (request.emptied.contains(["spec", "overhead"]) ? [:] : nil)
    guard let overhead = try runtimeClass(request)?["overhead"], !overhead.isNull else {
      guard own == nil else {
        throw request.forbidden("pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead")
      }
      return
    }
    guard Self.isSame(own ?? [:], overhead["podFixed"] ?? [:]) else {
      throw request.forbidden("pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead")
    }
  }
}
