import APIMachinery

/// Which kinds count the changes of what a user wants of them in `metadata.generation`.
enum GenerationRules {
  private static let counting: Set<GroupResource> = Set(
    [
      ("", ["pods", "replicationcontrollers"]),
      ("apps", ["daemonsets", "deployments", "replicasets", "statefulsets"]),
      ("batch", ["cronjobs", "jobs"]),
      ("networking.k8s.io", ["ingresses", "ingressclasses", "networkpolicies"]),
      ("policy", ["poddisruptionbudgets"]),
      ("apiextensions.k8s.io", ["customresourcedefinitions"]),
      (
        "admissionregistration.k8s.io",
        [
          "mutatingwebhookconfigurations", "validatingadmissionpolicies", "validatingadmissionpolicybindings",
          "validatingwebhookconfigurations",
        ]
      ),
      ("flowcontrol.apiserver.k8s.io", ["flowschemas", "prioritylevelconfigurations"]),
      ("resource.k8s.io", ["resourceslices"]),
      ("discovery.k8s.io", ["endpointslices"]),
      ("storage.k8s.io", ["csidrivers"]),
    ].flatMap { group, names in names.map { GroupResource(group: group, resource: $0) } })

  static func counts(_ target: ServedResource) -> Bool {
    target.resource.isCustom || counting.contains(target.groupResource)
  }

  /// Whether a change is one of what the user wants: of anything but metadata and status.
  static func isChange(from old: JSONObject, to new: JSONObject) -> Bool {
    func wanted(_ object: JSONObject) -> JSONObject {
      var object = object
      for name in ["metadata", "status", "apiVersion", "kind"] { object.remove(name) }
      return object
    }
    return wanted(old) != wanted(new)
  }
}
