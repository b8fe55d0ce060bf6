/// A step of the server's start. Each stands for the checks that kube-apiserver has of the same things, so that whoever asks
/// for one of them by its name is answered (Kubernetes, "API health endpoints").
enum StartStep: CaseIterable {
  /// What is stored is known, what is defined is served, and policies and webhooks are obeyed.
  case definitions
  /// The namespaces that every cluster has are there.
  case namespaces
  /// Roles that every cluster has are there.
  case roles
  /// Priority classes that every cluster has are there.
  case priorities
  /// Flow schemas and priority levels are there, and requests are ordered by them.
  case flows
  /// The service `kubernetes` and its network are there.
  case service
  /// Every group and version has its API service, and other servers can read whom to trust.
  case publication
  /// What the server keeps up from now on begins.
  case upkeep

  /// The names of the checks, in the order in which kube-apiserver tells them, and what each stands for.
  static let checks: [(name: String, step: StartStep)] = hooks.map { hook, step in
    (hook == "autoregister-completion" ? hook : "poststarthook/\(hook)", step)
  }

  private static let hooks: [(String, StartStep)] = [
    ("start-apiserver-admission-initializer", .definitions),
    ("generic-apiserver-start-informers", .definitions),
    ("priority-and-fairness-config-consumer", .flows),
    ("priority-and-fairness-filter", .flows),
    ("storage-object-count-tracker-hook", .definitions),
    ("start-apiextensions-informers", .definitions),
    ("start-apiextensions-controllers", .definitions),
    ("crd-informer-synced", .definitions),
    ("start-system-namespaces-controller", .namespaces),
    ("start-cluster-authentication-info-controller", .publication),
    ("start-kube-apiserver-identity-lease-controller", .upkeep),
    ("start-kube-apiserver-identity-lease-garbage-collector", .upkeep),
    ("storage-readiness", .definitions),
    ("start-legacy-token-tracking-controller", .upkeep),
    ("start-service-ip-repair-controllers", .upkeep),
    ("rbac/bootstrap-roles", .roles),
    ("scheduling/bootstrap-system-priority-classes", .priorities),
    ("priority-and-fairness-config-producer", .flows),
    ("bootstrap-controller", .service),
    ("start-kubernetes-service-cidr-controller", .service),
    ("start-kube-aggregator-informers", .publication),
    ("apiservice-status-local-available-controller", .upkeep),
    ("apiservice-status-remote-available-controller", .upkeep),
    ("apiservice-registration-controller", .publication),
    ("apiservice-wait-for-first-sync", .publication),
    ("apiservice-discovery-controller", .publication),
    ("kube-apiserver-autoregistration", .publication),
    ("autoregister-completion", .publication),
    ("apiservice-openapi-controller", .publication),
    ("apiservice-openapiv3-controller", .publication),
  ]
}
