import APIMachinery

extension Defaults {
  static func setService(_ service: inout JSONValue) {
    service.edit("spec") { spec in
      if spec.text("sessionAffinity") == "ClientIP" {
        // Three hours.
        spec.setDefault("sessionAffinityConfig", [:])
        spec.edit("sessionAffinityConfig") { $0.setDefault("clientIP", [:]) }
        spec.edit("sessionAffinityConfig", "clientIP") { $0.setDefault("timeoutSeconds", 10800) }
      } else if spec.text("sessionAffinity") == "None" {
        spec.editObject { _ = $0.remove("sessionAffinityConfig") }
      }
      spec.editItems(of: "ports") { port in
        if port["targetPort"] == 0 || port["targetPort"] == "", let number = port["port"] {
          port.editObject { $0["targetPort"] = number }
        }
        if let number = port["port"] { port.setDefault("targetPort", number) }
      }
      let type = spec.text("type")
      if type == "NodePort" || type == "LoadBalancer" || !spec.items("externalIPs").isEmpty {
        spec.setDefault("externalTrafficPolicy", "Cluster")
      }
      if type != "ExternalName" { spec.setDefault("internalTrafficPolicy", "Cluster") }
      if type == "LoadBalancer" { spec.setDefault("allocateLoadBalancerNodePorts", true) }
    }
    service.edit("status", "loadBalancer") { status in
      status.editItems(of: "ingress") { if !$0.text("ip").isEmpty { $0.setDefault("ipMode", "VIP") } }
    }
  }

  /// What is written as text becomes data.
  static func mergeStrings(_ secret: inout JSONValue) {
    guard let strings = secret["stringData"]?.objectValue else { return }
    secret.editObject { object in
      var data = object["data"]?.objectValue ?? [:]
      for (key, value) in strings { data[key] = .string(Base64.encode((value.stringValue ?? "").utf8)) }
      object["data"] = .object(data)
      object.remove("stringData")
    }
  }

  static func setSubset(_ subset: inout JSONValue) {
    subset.editItems(of: "ports") { $0.setDefault("protocol", "TCP") }
  }

  /// Every namespace can be chosen by its name.
  static func setNamespace(_ namespace: inout JSONValue) {
    let name = namespace.text("metadata", "name")
    guard !name.isEmpty else { return }
    namespace.edit("metadata") { metadata in
      metadata.setDefault("labels", [:])
      metadata.edit("labels") { $0.editObject { $0["kubernetes.io/metadata.name"] = .string(name) } }
    }
  }

  /// Of a volume of its own; one that stands in an attachment has no such defaults.
  static func setVolumeSpec(_ spec: inout JSONValue) {
    spec.setDefault("persistentVolumeReclaimPolicy", "Retain")
    spec.setDefault("volumeMode", "Filesystem")
  }

  static func setNode(_ node: inout JSONValue) {
    node.edit("spec") { setPodRanges(&$0) }
    node.edit("status") { setNodeStatus(&$0) }
  }

  /// A node's ranges of pod addresses: the first one stands in a field of its own too, from the time when there was only one.
  private static func setPodRanges(_ spec: inout JSONValue) {
    let one = spec.text("podCIDR")
    let first = spec.items("podCIDRs").first
    guard first?.stringValue != one || one.isEmpty else { return }
    spec.editObject { members in
      // As upstream converts: the old field counts where both are there and differ.
      if !one.isEmpty { members["podCIDRs"] = [.string(one)] } else if let first { members["podCIDR"] = first }
    }
  }

  private static func setNodeStatus(_ status: inout JSONValue) {
    if let capacity = status["capacity"] { status.setDefault("allocatable", capacity) }
  }

  /// Limits that say nothing are none.
  static func setClaimSpec(_ spec: inout JSONValue) {
    spec.edit("resources") { resources in
      guard let limits = resources["limits"]?.objectValue, limits.isEmpty else { return }
      resources.editObject { _ = $0.remove("limits") }
    }
  }

  /// A container's default limit is its maximum, its default request the default limit or the minimum.
  static func setLimitRange(_ range: inout JSONValue) {
    range.edit("spec") { spec in
      spec.editItems(of: "limits") { item in
        guard item.text("type") == "Container" else { return }
        item.editObject { object in
          var limits = object["default"]?.objectValue ?? [:]
          for (name, value) in object["max"]?.objectValue ?? [:] where limits[name] == nil { limits[name] = value }
          var requests = object["defaultRequest"]?.objectValue ?? [:]
          for (name, value) in limits where requests[name] == nil { requests[name] = value }
          for (name, value) in object["min"]?.objectValue ?? [:] where requests[name] == nil { requests[name] = value }
          if !limits.isEmpty { object["default"] = .object(limits) }
          if !requests.isEmpty { object["defaultRequest"] = .object(requests) }
        }
      }
    }
  }

  /// Selector and labels follow from the template.
  static func setReplicationController(_ controller: inout JSONValue) {
    let labels = controller["spec"]?["template"]?["metadata"]?["labels"]
    controller.edit("spec") { spec in
      if let labels, spec["selector"]?.objectValue?.isEmpty ?? true { spec.editObject { $0["selector"] = labels } }
      spec.edit("template") { setPodTemplate(&$0) }
    }
    if let labels { controller.edit("metadata") { $0.setDefault("labels", labels) } }
  }
}
