import APIMachinery

/// What becomes of the dependents of an object of some kind that is deleted, where nobody says it (upstream's
/// `DefaultGarbageCollectionPolicy`).
enum DependentsPolicy {
  /// They go after it.
  case background
  /// They stay: what kinds have kept from the time when nothing else was known.
  case orphan
  /// There are none, whatever a client says of them.
  case unsupported

  init(of resource: GroupResource) {
    switch (resource.group, resource.resource) {
    case ("", "replicationcontrollers"), ("batch", "jobs"): self = .orphan
    case ("", "events"), ("events.k8s.io", "events"): self = .unsupported
    default: self = .background
    }
  }

  /// What a client is told that deletes objects of a kind and may not know that more stays than it wants.
  static func warning(of options: DeleteOptions, _ resource: GroupResource) -> String? {
    guard resource.group == "batch", resource.resource == "jobs", options.effectivePropagation == nil else {
      return nil
    }
    return
      "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or"
      + " set propagationPolicy=Orphan to suppress this warning"
  }
}
