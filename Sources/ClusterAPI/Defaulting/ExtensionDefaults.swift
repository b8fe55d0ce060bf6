import APIMachinery

extension Defaults {
  /// A policy isolates incoming traffic, and outgoing too where it has rules for that.
  static func setNetworkPolicySpec(_ spec: inout JSONValue) {
    guard spec.items("policyTypes").isEmpty else { return }
    let types: JSONValue = spec.items("egress").isEmpty ? ["Ingress"] : ["Ingress", "Egress"]
    spec.editObject { $0["policyTypes"] = types }
  }

  static func setSubjects(_ binding: inout JSONValue) {
    binding.editItems(of: "subjects") { subject in
      switch subject.text("kind") {
      case "User", "Group": subject.setDefault("apiGroup", "rbac.authorization.k8s.io")
      default: break
      }
    }
  }

  static func setWebhooks(_ configuration: inout JSONValue) {
    configuration.editItems(of: "webhooks") { setSelectors(&$0) }
  }

  /// Selectors that are not given choose all.
  static func setSelectors(_ match: inout JSONValue) {
    match.setDefault("namespaceSelector", [:])
    match.setDefault("objectSelector", [:])
  }

  static func setDefinition(_ definition: inout JSONValue) {
    if definition["status"]?.items("storedVersions").isEmpty ?? true {
      let stored = definition["spec"]?.items("versions").first { $0["storage"] == true }?["name"]
      if let stored { definition.edit("status") { $0.editObject { $0["storedVersions"] = [stored] } } }
    }
    definition.edit("spec") { spec in
      spec.edit("names") { names in
        let kind = names.text("kind")
        guard !kind.isEmpty else { return }
        names.setDefault("singular", .string(kind.lowercased()))
        names.setDefault("listKind", .string(kind + "List"))
      }
      spec.setDefault("conversion", ["strategy": "None"])
    }
  }

  static func setPriorityLevel(_ level: inout JSONValue) {
    level.edit("spec") { spec in
      guard spec.text("type") == "Exempt" else { return }
      spec.setDefault("exempt", [:])
      spec.edit("exempt") { exempt in
        exempt.setDefault("nominalConcurrencyShares", 0)
        exempt.setDefault("lendablePercent", 0)
      }
    }
  }

  static func setDeviceClaim(_ claim: inout JSONValue) {
    claim.editItems(of: "requests") { request in
      request.edit("exactly") { setDeviceCount(&$0) }
      request.editItems(of: "firstAvailable") { setDeviceCount(&$0) }
    }
  }

  /// A taint counts from when it is first written.
  static func setTaintTimes(_ spec: inout JSONValue) {
    spec.editItems(of: "devices") { device in
      device.editItems(of: "taints") { $0.setDefault("timeAdded", .string(Timestamp.now.description)) }
    }
  }

  /// One device, where a number of them is asked for.
  private static func setDeviceCount(_ request: inout JSONValue) {
    guard request.text("allocationMode") == "ExactCount" else { return }
    if (request["count"]?.integerValue ?? 0) == 0 { request.editObject { $0["count"] = 1 } }
  }
}
