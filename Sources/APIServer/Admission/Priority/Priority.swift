import APIMachinery

/// Gives pods the number and the preemption policy of their priority class, and sees to it that there is one default
/// class at most (admission plugin Priority).
public struct Priority: Admission {
  private let classes: ResourceCache

  public init(_ store: ClusterStore) { classes = store.clusterObjects("priorityclasses") }

  /// What a class gives to a pod.
  struct Grant: Equatable {
    var name: String
    var priority: Int64
    var preemptionPolicy: String?

    /// Where there is no class at all.
    static let none = Grant(name: "", priority: 0, preemptionPolicy: "PreemptLowerPriority")

    init(name: String, priority: Int64, preemptionPolicy: String?) {
      self.name = name
      self.priority = priority
      self.preemptionPolicy = preemptionPolicy
    }

    init(_ object: CachedObject) {
      name = object.name
      priority = object.object.value(at: "value")?.integerValue ?? 0
      preemptionPolicy = object.object.text(at: "preemptionPolicy")
    }
  }

  public var interest: AdmissionInterest { .both(.pods, .priorityClasses) }

  public func mutate(_ request: inout AdmissionRequest) async throws {
    if request.creates(.pods) {
      let name = request.object?["spec"]?["priorityClassName"]?.stringValue ?? ""
      let grant: Grant
      if name.isEmpty {
        grant = defaultClass().map { Grant($0) } ?? .none
      } else if let found = classes.get("\(StorageLayout.root)priorityclasses/\(name)") {
        grant = Grant(found)
      } else {
        throw request.forbidden("no PriorityClass with name \(name) was found")
      }
      let context = request
      try request.editSpec { spec throws(StatusError) in
        if let problem = Self.apply(grant, to: &spec) { throw context.forbidden(problem) }
      }
    } else if request.updates(.pods), let old = request.oldObject?["spec"] {
      // Who writes a pod without them means no change.
      try request.editSpec { spec throws(StatusError) in
        for name in ["priority", "preemptionPolicy"] where spec[name] == nil { spec[name] = old[name] }
      }
    }
  }

  /// - Returns: what is wrong where the pod says something else; nil where nothing is.
  static func apply(_ grant: Grant, to spec: inout JSONObject) -> String? {
    if let given = spec["priority"]?.integerValue, given != grant.priority {
      return "the integer value of priority (\(given)) must not be provided in pod spec; "
        + "priority admission controller computed \(grant.priority) from the given PriorityClass name"
    }
    if let policy = grant.preemptionPolicy {
      if let given = spec["preemptionPolicy"]?.stringValue, given != policy {
        return "the string value of PreemptionPolicy (\(given)) must not be provided in pod spec; "
          + "priority admission controller computed \(policy) from the given PriorityClass name"
      }
      spec["preemptionPolicy"] = .string(policy)
    }
    spec["priority"] = .integer(grant.priority)
    if !grant.name.isEmpty { spec["priorityClassName"] = .string(grant.name) }
    return nil
  }

  /// Of several, which two writes at once may make, the lowest.
  private func defaultClass() -> CachedObject? {
    classes.everything.filter { $0.object.value(at: "globalDefault") == true }
      .min { Grant($0).priority < Grant($1).priority }
  }

  public func validate(_ request: AdmissionRequest) async throws {
    guard request.resource.groupResource == .priorityClasses, request.subresource.isEmpty else { return }
    if request.operation == .delete {
      guard !SystemPriorityClasses.names.contains(request.name) else {
        throw request.forbidden("this is a system priority class and cannot be deleted")
      }
      return
    }
    guard request.object?["globalDefault"] == true, let present = defaultClass(), present.name != request.name else {
      return
    }
    throw request.forbidden("PriorityClass \(present.name) is already marked as default. Only one default can exist")
  }
}
