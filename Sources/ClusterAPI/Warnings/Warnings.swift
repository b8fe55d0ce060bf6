import APIMachinery

/// What a client is told of an object that is valid, and yet may not do what is meant: fields that mean nothing any more, and
/// values that surprise (kube-apiserver's `WarningsOnCreate` and `WarningsOnUpdate`).
extension BuiltinKinds {
  /// - Parameters:
  ///   - old: the object before; nil where it is created.
  ///   - subresource: the path below the object that is written; empty for the object itself.
  public func warnings(
    of new: JSONValue, old: JSONValue?, kind: GroupVersionKind, subresource: String = ""
  ) -> [String] {
    let functions: [String: [String: Warnings.Function]] =
      switch subresource {
      case "": Warnings.functions
      case "status": StatusWarnings.functions
      default: [:]
      }
    guard let function = functions[kind.group]?[kind.kind] else { return [] }
    var warnings = Warnings()
    function(new, old, &warnings)
    return warnings.texts
  }
}

/// Warnings, gathered in order.
struct Warnings {
  private(set) var texts: [String] = []

  mutating func add(_ text: String) { texts.append(text) }
  mutating func add(_ path: FieldPath, _ text: String) { texts.append("\(path): \(text)") }

  typealias Function = @Sendable (_ new: JSONValue, _ old: JSONValue?, inout Warnings) -> Void

  static let functions: [String: [String: Function]] = [
    "": [
      "Endpoints": { new, _, warnings in NetworkWarnings.endpoints(new, &warnings) },
      "Node": { new, _, warnings in ClusterWarnings.node(new, &warnings) },
      "PersistentVolume": { new, _, warnings in StorageWarnings.volume(new, &warnings) },
      "PersistentVolumeClaim": { new, _, warnings in StorageWarnings.claim(new, &warnings) },
      // Few people change pods, and programs do so often.
      "Pod": { new, old, warnings in if old == nil { PodWarnings.pod(new, &warnings) } },
      "PodTemplate": { new, old, warnings in
        if new["template"] != old?["template"] {
          PodWarnings.template(new["template"], FieldPath("template"), &warnings)
        }
      },
      "ReplicationController": { workload($0, $1, &$2) },
      "Service": { new, _, warnings in ServiceWarnings.service(new, &warnings) },
      "ServiceAccount": { new, _, warnings in ClusterWarnings.account(new, &warnings) },
    ],
    "apiextensions.k8s.io": ["CustomResourceDefinition": { DefinitionWarnings.definition($0, $1, &$2) }],
    "apps": [
      "DaemonSet": { new, old, warnings in
        let template = new["spec"]?["template"]
        if template != old?["spec"]?["template"] {
          PodWarnings.template(template, FieldPath("spec", "template"), &warnings)
        }
      },
      "Deployment": { new, old, warnings in
        // Annotations are handed on: they count as what is wanted.
        let annotations = new["metadata"]?["annotations"]
        workload(new, annotations == old?["metadata"]?["annotations"] ? old : nil, &warnings, isNamed: old == nil)
      },
      "ReplicaSet": { workload($0, $1, &$2) },
      "StatefulSet": { new, old, warnings in
        workload(new, old, &warnings, isNamed: false)
        for (index, claim) in (new["spec"]?.items("volumeClaimTemplates") ?? []).enumerated() {
          let path = FieldPath("spec", "volumeClaimTemplates").index(index)
          StorageWarnings.request(claim["spec"], old == nil ? path : path.child("Spec"), &warnings)
        }
        if let limit = new["spec"]?["revisionHistoryLimit"]?.integerValue, limit < 0 {
          warnings.add(
            FieldPath("spec", "revisionHistoryLimit"),
            "a negative value retains all historical revisions; a value >= 0 is recommended")
        }
      },
    ],
    "batch": [
      "CronJob": { new, old, warnings in
        if old == nil { name(new, &warnings) }
        guard new["spec"] != old?["spec"] else { return }
        let (job, path) = (new["spec"]?["jobTemplate"]?["spec"], FieldPath("spec", "jobTemplate", "spec"))
        indexes(job, path, &warnings)
        PodWarnings.template(job?["template"], path.child("template"), &warnings)
      },
      "Job": { new, old, warnings in
        if old == nil { name(new, &warnings) }
        if new["spec"] != old?["spec"] { indexes(new["spec"], FieldPath("spec"), &warnings) }
        workload(new, old, &warnings, isNamed: false)
      },
    ],
    "discovery.k8s.io": ["EndpointSlice": { new, _, warnings in NetworkWarnings.slice(new, &warnings) }],
    "networking.k8s.io": [
      "Ingress": { new, old, warnings in if old == nil { ClusterWarnings.ingress(new, &warnings) } },
      "NetworkPolicy": { new, _, warnings in NetworkWarnings.policy(new, &warnings) },
    ],
    "node.k8s.io": ["RuntimeClass": { new, _, warnings in ClusterWarnings.runtimeClass(new, &warnings) }],
    "resource.k8s.io": ["ResourceSlice": { new, _, warnings in ClusterWarnings.slice(new, &warnings) }],
    "storage.k8s.io": [
      "CSIStorageCapacity": { new, _, warnings in StorageWarnings.capacity(new, &warnings) },
      "CSIDriver": StorageWarnings.driver,
      "StorageClass": { new, _, warnings in StorageWarnings.storageClass(new, &warnings) },
    ],
  ]

  /// A workload makes pods of its template, and names them after itself. Whatever changes of what is wanted, the template is
  /// looked at again.
  private static func workload(
    _ new: JSONValue, _ old: JSONValue?, _ warnings: inout Warnings, isNamed: Bool = true
  ) {
    if old == nil, isNamed { name(new, &warnings) }
    guard new["spec"] != old?["spec"] else { return }
    PodWarnings.template(new["spec"]?["template"], FieldPath("spec", "template"), &warnings)
  }

  /// Which indexes of a job are done is one text, that can become too long.
  private static func indexes(_ job: JSONValue?, _ path: FieldPath, _ warnings: inout Warnings) {
    guard job?.text("completionMode") == "Indexed", job?["completions"]?.integerValue ?? 0 > 100_000,
      job?["parallelism"]?.integerValue ?? 0 > 10_000
    else { return }
    warnings.add(
      path,
      "In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail"
    )
  }

  private static func name(_ object: JSONValue, _ warnings: inout Warnings) {
    let problems = NameRules.dns1123Label(object.text("metadata", "name"))
    guard !problems.isEmpty else { return }
    warnings.add(
      FieldPath("metadata", "name"),
      "this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: "
        + "[\(problems.joined(separator: " "))]")
  }
}

/// Labels of nodes that have other names by now.
enum OldNodeLabels {
  private static let words = [
    "beta.kubernetes.io/arch": #"deprecated since v1.14; use "kubernetes.io/arch" instead"#,
    "beta.kubernetes.io/os": #"deprecated since v1.14; use "kubernetes.io/os" instead"#,
    "failure-domain.beta.kubernetes.io/region":
      #"deprecated since v1.17; use "topology.kubernetes.io/region" instead"#,
    "failure-domain.beta.kubernetes.io/zone": #"deprecated since v1.17; use "topology.kubernetes.io/zone" instead"#,
    "beta.kubernetes.io/instance-type":
      #"deprecated since v1.17; use "node.kubernetes.io/instance-type" instead"#,
    "app.kubernetes.io/created-by": "deprecated since v1.9",
    "scheduler.alpha.kubernetes.io/preferAvoidPods": "deprecated since v1.22; use Taints and Tolerations instead",
    "node-role.kubernetes.io/master": #"use "node-role.kubernetes.io/control-plane" instead"#,
  ]

  static func word(_ label: String) -> String? { words[label] }

  /// Labels that expressions name.
  static func expressions(_ term: JSONValue?, _ path: FieldPath, _ warnings: inout Warnings) {
    for (index, expression) in (term?.items("matchExpressions") ?? []).enumerated() {
      let key = expression.text("key")
      guard let word = words[key] else { continue }
      warnings.add(path.child("matchExpressions").index(index).child("key"), "\(key) is \(word)")
    }
  }
}
