import APIMachinery

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

  /// Images that are named by `latest`, or by nothing, are always pulled.
  static func pullPolicy(of image: String) -> String {
    if image.contains("@") {
      let name = image.prefix { $0 != "@" }
      return tag(of: name) == "latest" ? "Always" : "IfNotPresent"
    }
    guard let tag = tag(of: image[...]) else { return "Always" }
    return tag == "latest" ? "Always" : "IfNotPresent"
  }

  private static func tag(of name: Substring) -> Substring? {
    let last = name.split(separator: "/", omittingEmptySubsequences: false).last ?? name
    guard let colon = last.lastIndex(of: ":") else { return nil }
    return last[last.index(after: colon)...]
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
    guard let limits = spec["resources"]?["limits"]?.objectValue, !limits.isEmpty else { return }
    let together = ["cpu", "memory"].map { ($0, ContainerRequests.together($0, spec)) }
    spec.edit("resources") { resources in
      resources.editObject { object in
        var requests = object["requests"]?.objectValue ?? [:]
        for (name, amount) in together where requests[name] == nil {
          if let amount { requests[name] = .string(amount.description) }
        }
        for (name, limit) in limits where requests[name] == nil { requests[name] = limit }
        object["requests"] = .object(requests)
      }
    }
  }

  /// In the node's network a container's port is the node's.
  private static func setHostPort(_ port: inout JSONValue) {
    if (port["hostPort"]?.integerValue ?? 0) == 0, let number = port["containerPort"] {
      port.editObject { $0["hostPort"] = number }
    }
  }
}
