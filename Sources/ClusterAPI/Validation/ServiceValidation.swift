import APIMachinery

/// Services and what stands behind them.
enum ServiceValidation {
  static func validate(_ new: JSONValue, _ old: JSONValue?, _ findings: inout Findings) {
    guard let spec = new["spec"] else { return }
    let path = FieldPath("spec")
    let type = spec.text("type")
    if let old { update(spec, old["spec"] ?? [:], path, &findings) }
    annotations(new, old, type, &findings)
    let isHeadless = spec.text("clusterIP") == "None"
    if type != "ExternalName", !isHeadless, spec.items("ports").isEmpty {
      findings.required(path.child("ports"))
    }
    switch type {
    case "LoadBalancer":
      if isHeadless {
        findings.invalid(
          path.child("clusterIPs").index(0), "None", "may not be set to 'None' for LoadBalancer services")
      }
    case "NodePort":
      if isHeadless {
        findings.invalid(path.child("clusterIPs").index(0), "None", "may not be set to 'None' for NodePort services")
      }
    case "ExternalName":
      ServiceAddressValidation.externalName(ServiceSpec(spec), &findings)
      let name = spec.text("externalName")
      if name.isEmpty {
        findings.required(path.child("externalName"))
      } else {
        let trimmed = name.hasSuffix(".") ? String(name.dropLast()) : name
        findings.invalid(path.child("externalName"), .string(name), NameRules.dns1123Subdomain(trimmed))
      }
    default: break
    }
    ports(spec, path, &findings)
    MetadataValidation.labels(spec["selector"], path.child("selector"), &findings)
    affinity(spec, path, &findings)
    addresses(spec, old?["spec"], path, &findings)
    portUses(spec, path, &findings)
    traffic(spec, path, &findings)
  }

  private static let hints = "service.kubernetes.io/topology-aware-hints"
  private static let mode = "service.kubernetes.io/topology-mode"
  private static let sourceRanges = "service.beta.kubernetes.io/load-balancer-source-ranges"

  private static func annotations(
    _ service: JSONValue, _ old: JSONValue?, _ type: String, _ findings: inout Findings
  ) {
    let path = FieldPath("metadata", "annotations")
    let notes = service["metadata"]?["annotations"]
    if let older = notes?[hints], let newer = notes?[mode], older != newer {
      findings.invalid(path.key(mode), newer, "must match annotations[\(hints)] when both are specified")
    }
    // The field has replaced it.
    guard let ranges = notes?[sourceRanges]?.stringValue,
      service["spec"]?.items("loadBalancerSourceRanges").isEmpty != false
    else { return }
    if type != "LoadBalancer" {
      findings.forbidden(path.key(sourceRanges), "may only be used when `type` is 'LoadBalancer'")
    }
    guard !ranges.trimmed.isEmpty, old?["metadata"]?["annotations"]?[sourceRanges]?.stringValue != ranges else {
      return
    }
    for range in ranges.split(separator: ",", omittingEmptySubsequences: false) {
      AddressRules.range(String(range).trimmed, path.key(sourceRanges), &findings)
    }
  }

  // MARK: - Ports

  private static func ports(_ spec: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let list = spec.items("ports")
    var names: Set<String> = []
    for (index, port) in list.enumerated() {
      let path = path.child("ports").index(index)
      let name = port.text("name")
      if name.isEmpty {
        if list.count > 1 { findings.required(path.child("name")) }
      } else {
        findings.invalid(path.child("name"), .string(name), NameRules.dns1123Label(name))
        if !names.insert(name).inserted { findings.add(.duplicate(path.child("name"), .string(name))) }
      }
      let number = port["port"]?.integerValue ?? 0
      findings.invalid(path.child("port"), .integer(number), NameRules.portNumber(number))
      findings.supported(port, "protocol", ["TCP", "UDP", "SCTP"], path)
      if let target = port["targetPort"] { ProbeValidation.port(target, path.child("targetPort"), &findings) }
      if let text = port["appProtocol"]?.stringValue {
        findings.invalid(path.child("appProtocol"), .string(text), NameRules.labelKey(text))
      }
    }
  }

  /// Ports of nodes, and ports that are there twice.
  private static func portUses(_ spec: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    func each(_ judge: (JSONValue, _ path: FieldPath) -> Void) {
      for (index, port) in spec.items("ports").enumerated() { judge(port, path.child("ports").index(index)) }
    }
    func nodePort(_ port: JSONValue) -> Int64? { port["nodePort"]?.integerValue.flatMap { $0 == 0 ? nil : $0 } }
    if spec.text("type") == "ClusterIP" {
      each { port, path in
        guard nodePort(port) != nil else { return }
        findings.forbidden(path.child("nodePort"), "may not be used when `type` is 'ClusterIP'")
      }
    }
    var nodePorts: Set<String> = []
    each { port, path in
      guard let number = nodePort(port) else { return }
      if !nodePorts.insert("\(port.text("protocol"))/\(number)").inserted {
        findings.add(.duplicate(path.child("nodePort"), .integer(number)))
      }
    }
    var numbers: Set<String> = []
    each { port, path in
      let number = port["port"]?.integerValue ?? 0
      if !numbers.insert("\(port.text("protocol"))/\(number)").inserted {
        let shown: JSONValue = ["protocol": .string(port.text("protocol")), "port": .integer(number)]
        findings.add(FieldError.duplicate(path, InternalForm.of(shown, "core.ServicePort")).inOrder)
      }
    }
  }

  // MARK: - Addresses

  private static func addresses(
    _ spec: JSONValue, _ old: JSONValue?, _ path: FieldPath, _ findings: inout Findings
  ) {
    let known = ServiceSpec(old).clusterIPs
    for error in ServiceAddressValidation.errors(in: ServiceSpec(spec), old: known) { findings.add(error) }
    let external = Set((old?.items("externalIPs") ?? []).compactMap(\.stringValue))
    for (index, address) in spec.items("externalIPs").enumerated() {
      let path = path.child("externalIPs").index(index)
      let text = address.stringValue ?? ""
      let count = findings.errors.count
      AddressRules.address(text, old: external, path, &findings)
      guard findings.errors.count == count else { continue }
      if let bytes = AddressRules.bytes(text), let problem = AddressRules.endpointProblem(bytes, text) {
        findings.invalid(path, address, problem)
      }
    }
    let ranges = spec.items("loadBalancerSourceRanges")
    if !ranges.isEmpty, spec.text("type") != "LoadBalancer" {
      findings.forbidden(
        path.child("LoadBalancerSourceRanges"), "may only be used when `type` is 'LoadBalancer'")
    }
    let before = Set((old?.items("loadBalancerSourceRanges") ?? []).map { ($0.stringValue ?? "").trimmed })
    for (index, range) in ranges.enumerated() {
      AddressRules.range(
        (range.stringValue ?? "").trimmed, old: before, path.child("LoadBalancerSourceRanges").index(index), &findings)
    }
  }

  private static func affinity(_ spec: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let seconds = spec["sessionAffinityConfig"]?["clientIP"]?["timeoutSeconds"]?.integerValue
    switch spec.text("sessionAffinity") {
    case "ClientIP":
      guard let seconds else {
        return findings.required(
          path.child("sessionAffinityConfig"), "when session affinity type is ClientIP")
      }
      if !(1...86400).contains(seconds) {
        findings.invalid(
          path.child("sessionAffinityConfig", "clientIP", "timeoutSeconds"), .integer(seconds),
          "must be greater than 0 and less than 86400")
      }
    default:
      if spec.has("sessionAffinityConfig") {
        findings.forbidden(
          path.child("sessionAffinityConfig"), "must not be set when session affinity is None")
      }
    }
  }

  // MARK: - Traffic

  private static func traffic(_ spec: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let type = spec.text("type")
    let isExternal = ["NodePort", "LoadBalancer"].contains(type) || !spec.items("externalIPs").isEmpty
    let policy = spec.text("externalTrafficPolicy")
    if policy.isEmpty {
      if isExternal {
        findings.required(path.child("externalTrafficPolicy"))
      }
    } else if !isExternal {
      findings.invalid(
        path.child("externalTrafficPolicy"), .string(policy),
        "may only be set for externally-accessible services")
    } else {
      findings.supported(spec, "externalTrafficPolicy", ["Cluster", "Local"], path)
    }
    let checkPort = spec["healthCheckNodePort"]?.integerValue ?? 0
    if checkPort != 0 {
      let isChecked = type == "LoadBalancer" && policy == "Local"
      findings.invalid(
        path.child("healthCheckNodePort"), .integer(checkPort),
        isChecked
          ? NameRules.portNumber(checkPort)
          : ["may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"])
    }
    if spec.has("allocateLoadBalancerNodePorts"), type != "LoadBalancer" {
      findings.forbidden(
        path.child("allocateLoadBalancerNodePorts"), "may only be used when `type` is 'LoadBalancer'")
    }
    if let name = spec["loadBalancerClass"]?.stringValue {
      if type == "LoadBalancer" {
        findings.invalid(path.child("loadBalancerClass"), .string(name), NameRules.labelKey(name))
      } else {
        findings.forbidden(path.child("loadBalancerClass"), "may only be used when `type` is 'LoadBalancer'")
      }
    }
    if type != "ExternalName", !spec.has("internalTrafficPolicy") {
      findings.required(path.child("internalTrafficPolicy"))
    }
    let distributions = ["PreferClose", "PreferSameZone", "PreferSameNode"]
    if let text = spec["trafficDistribution"]?.stringValue, !distributions.contains(text) {
      findings.add(.notSupported(path.child("trafficDistribution"), .string(text), distributions))
    }
  }

  // MARK: - Updates

  private static func update(_ new: JSONValue, _ old: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let (after, before) = (ServiceSpec(new), ServiceSpec(old))
    ServiceAddressValidation.update(after, before, &findings)
    if after.needsHealthCheckNodePort, before.needsHealthCheckNodePort,
      after.healthCheckNodePort != before.healthCheckNodePort
    {
      findings.forbidden(path.child("healthCheckNodePort"), Findings.immutable)
    }
    if old.text("type") == "LoadBalancer", new.text("type") == "LoadBalancer" {
      if new["loadBalancerClass"] != old["loadBalancerClass"] {
        findings.invalid(
          path.child("loadBalancerClass"), new["loadBalancerClass"] ?? .null, "may not change once set")
      }
    }
  }
}
