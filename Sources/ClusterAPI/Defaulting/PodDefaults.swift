import APIMachinery
import OCI

extension Defaults {
  /// A pod itself gets more than a template: requests that follow from limits, ports of the node's network, and a second to end
  /// in where less than none was asked for.
  static func setPod(_ pod: inout JSONValue) {
    pod.edit("spec") { spec in
      setPodSpec(&spec)
      let usesHostNetwork = spec["hostNetwork"]?.boolValue ?? false
      for list in ["containers", "initContainers"] {
        spec.editItems(of: list) { container in
          container.edit("resources") { setRequests(&$0) }
          if usesHostNetwork { container.editItems(of: "ports") { setHostPort(&$0) } }
        }
      }
      spec.setDefault("enableServiceLinks", true)
      if let seconds = spec["terminationGracePeriodSeconds"]?.integerValue, seconds < 0 {
        spec.editObject { $0["terminationGracePeriodSeconds"] = 1 }
      }
      setPodRequests(&spec)
    }
  }

  static func setPodTemplate(_ template: inout JSONValue) { template.edit("spec") { setPodSpec(&$0) } }

  static func setPodSpec(_ spec: inout JSONValue) {
    spec.setDefault("securityContext", [:])
    // The field has a former name, which is served too.
    spec.editObject { members in
      let account = members["serviceAccountName"] ?? members["serviceAccount"]
      members["serviceAccountName"] = account
      members["serviceAccount"] = account
    }
    for list in ["initContainers", "containers", "ephemeralContainers"] {
      spec.editItems(of: list) { container in
        container.setDefault("imagePullPolicy", .string(pullPolicy(of: container.text("image"))))
      }
    }
    spec.editItems(of: "volumes") { setVolume(&$0) }
  }

  /// Images that are named by `latest`, or by nothing, are always pulled; of what is no name nothing is known.
  static func pullPolicy(of image: String) -> String {
    do {
      return try Reference(image).withDefaultTag.tag == "latest" ? "Always" : "IfNotPresent"
    } catch { return "IfNotPresent" }
  }

  private static func setVolume(_ volume: inout JSONValue) {
    if volume.objectValue?.keys.contains(where: { $0 != "name" && volume.has($0) }) != true {
      volume.setDefault("emptyDir", [:])
    }
    volume.edit("image") { image in
      let reference = image.text("reference")
      if !reference.isEmpty { image.setDefault("pullPolicy", .string(pullPolicy(of: reference))) }
    }
  }

  /// A resource that is limited and not requested is requested as much.
  private static func setRequests(_ resources: inout JSONValue) {
    guard let limits = resources["limits"]?.objectValue, !limits.isEmpty else { return }
    resources.editObject { object in
      var requests = object["requests"]?.objectValue ?? [:]
      for (name, limit) in limits where requests[name] == nil { requests[name] = limit }
      object["requests"] = .object(requests)
    }
  }

  /// The pod as a whole requests what its containers request together, or what it is limited to.
  private static func setPodRequests(_ spec: inout JSONValue) {
    setPodPages(&spec)
    guard let limits = spec["resources"]?["limits"]?.objectValue, !limits.isEmpty else { return }
    let together = ContainerRequests.together(of: "requests", spec) { $0 == "cpu" || $0 == "memory" }
    spec.edit("resources") { resources in
      resources.editObject { object in
        var requests = object["requests"]?.objectValue ?? [:]
        for name in ["cpu", "memory"] where requests[name] == nil {
          if let amount = together[name] { requests[name] = .string(amount.description) }
        }
        for (name, limit) in limits where requests[name] == nil && isOfPods(name) { requests[name] = limit }
        if !requests.isEmpty { object["requests"] = .object(requests) }
      }
    }
  }

  /// Whether a pod as a whole may request a resource.
  private static func isOfPods(_ name: String) -> Bool {
    name == "cpu" || name == "memory" || ResourceValidation.isHugePages(name)
  }

  /// A pod that is limited as a whole may use the huge pages that its containers may.
  private static func setPodPages(_ spec: inout JSONValue) {
    let resources = spec["resources"]
    guard ["limits", "requests"].contains(where: { resources?[$0]?.objectValue?.isEmpty == false }) else { return }
    let together = ContainerRequests.together(of: "limits", spec, where: ResourceValidation.isHugePages)
    var limits = resources?["limits"]?.objectValue ?? [:]
    for (name, amount) in together.sorted(by: { $0.key < $1.key }) where limits[name] == nil {
      if resources?["requests"]?.has(name) != true { limits[name] = .string(amount.description) }
    }
    guard !limits.isEmpty else { return }
    spec.edit("resources") { $0.editObject { $0["limits"] = .object(limits) } }
  }

  /// In the node's network a container's port is the node's.
  private static func setHostPort(_ port: inout JSONValue) {
    if (port["hostPort"]?.integerValue ?? 0) == 0, let number = port["containerPort"] {
      port.editObject { $0["hostPort"] = number }
    }
  }
}
