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

  /// The names of its checks, in the order in which they are told.
  var checks: [String] {
    hooks.map { "poststarthook/\($0)" } + (self == .publication ? ["autoregister-completion"] : [])
  }

  private var hooks: [String] {
    switch self {
    case .definitions:
      [
        "start-apiserver-admission-initializer", "generic-apiserver-start-informers",
        "storage-object-count-tracker-hook", "start-apiextensions-informers", "start-apiextensions-controllers",
        "crd-informer-synced", "storage-readiness",
      ]
    case .namespaces: ["start-system-namespaces-controller"]
    case .roles: ["rbac/bootstrap-roles"]
    case .priorities: ["scheduling/bootstrap-system-priority-classes"]
    case .flows:
      [
        "priority-and-fairness-config-consumer", "priority-and-fairness-filter",
        "priority-and-fairness-config-producer",
      ]
    case .service: ["bootstrap-controller", "start-kubernetes-service-cidr-controller"]
    case .publication:
      [
        "start-cluster-authentication-info-controller", "start-kube-aggregator-informers",
        "apiservice-registration-controller", "apiservice-wait-for-first-sync", "apiservice-discovery-controller",
        "kube-apiserver-autoregistration", "apiservice-openapi-controller", "apiservice-openapiv3-controller",
      ]
    case .upkeep:
      [
        "start-kube-apiserver-identity-lease-controller", "start-kube-apiserver-identity-lease-garbage-collector",
        "start-legacy-token-tracking-controller", "start-service-ip-repair-controllers",
        "apiservice-status-local-available-controller", "apiservice-status-remote-available-controller",
      ]
    }
  }
}
