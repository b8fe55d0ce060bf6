import APIMachinery

/// Ingresses, network policies and the addresses of services.
enum NetworkingValidation {
  // MARK: - Ingress

  /// - Parameter isNew: a new one must not contradict itself.
  static func validate(ingress new: JSONValue, isNew: Bool, _ findings: inout Findings) {
    let spec = new["spec"] ?? [:]
    let path = FieldPath("spec")
    let annotation = "kubernetes.io/ingress.class"
    if isNew, let older = new["metadata"]?["annotations"]?[annotation]?.stringValue, spec.has("ingressClassName"),
      older != spec.text("ingressClassName")
    {
      findings.invalid(
        FieldPath("annotations").child(annotation), .string(older),
        "must match `ingressClassName` when both are specified")
    }
    if spec.items("rules").isEmpty, !spec.has("defaultBackend") {
      findings.invalid(path, spec["rules"] ?? .null, "either `defaultBackend` or `rules` must be specified")
    }
    if let backend = spec["defaultBackend"] { self.backend(backend, path.child("defaultBackend"), &findings) }
    for (index, rule) in spec.items("rules").enumerated() {
      self.rule(rule, path.child("rules").index(index), &findings)
    }
    for (index, entry) in spec.items("tls").enumerated() {
      let path = path.child("tls").index(index)
      for (position, host) in entry.items("hosts").enumerated() {
        let name = host.stringValue ?? ""
        findings.invalid(
          path.child("hosts").index(position), host,
          name.contains("*") ? NameRules.wildcardDNS1123Subdomain(name) : NameRules.dns1123Subdomain(name))
      }
      let secret = entry.text("secretName")
      if !secret.isEmpty {
        findings.invalid(path.child("secretName"), .string(secret), NameRules.dns1123Subdomain(secret))
      }
    }
    if let name = spec["ingressClassName"]?.stringValue {
      findings.invalid(path.child("ingressClassName"), .string(name), NameRules.dns1123Subdomain(name))
    }
  }

  private static func rule(_ rule: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let host = rule.text("host")
    if !host.isEmpty {
      if AddressRules.bytes(host, isLenient: true) != nil {
        findings.invalid(path.child("host"), .string(host), "must be a DNS name, not an IP address")
      }
      findings.invalid(
        path.child("host"), .string(host),
        host.contains("*") ? NameRules.wildcardDNS1123Subdomain(host) : NameRules.dns1123Subdomain(host))
    }
    guard let http = rule["http"] else { return }
    if http.items("paths").isEmpty, http.has("paths") { findings.required(path.child("http", "paths")) }
    for (index, entry) in http.items("paths").enumerated() {
      let path = path.child("http", "paths").index(index)
      let text = entry.text("path")
      guard entry.has("pathType") else {
        findings.required(path.child("pathType"), "pathType must be specified")
        findings.passOver(below: path.child("backend"))
        continue
      }
      switch entry.text("pathType") {
      case "Exact", "Prefix":
        if !text.hasPrefix("/") {
          findings.invalid(path.child("path"), .string(text), "must be an absolute path")
        }
        for part in ["//", "/./", "/../", "%2f", "%2F"] where text.contains(part) {
          findings.invalid(path.child("path"), .string(text), "must not contain '\(part)'")
        }
        for end in ["/..", "/."] where text.hasSuffix(end) {
          findings.invalid(path.child("path"), .string(text), "cannot end with '\(end)'")
        }
      case "ImplementationSpecific":
        if !text.isEmpty, !text.hasPrefix("/") {
          findings.invalid(path.child("path"), .string(text), "must be an absolute path")
        }
      default: break
      }
      if let backend = entry["backend"] { self.backend(backend, path.child("backend"), &findings) }
    }
  }

  private static func backend(_ backend: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    switch (backend["service"], backend["resource"]) {
    case (_?, _?):
      findings.invalid(path, "", "cannot set both resource and service backends")
      for name in ["resource", "service"] { findings.passOver(below: path.child(name)) }
    case (let service?, nil):
      let name = service.text("name")
      if name.isEmpty {
        if service.has("name") { findings.required(path.child("service", "name")) }
      } else {
        findings.invalid(path.child("service", "name"), .string(name), NameRules.dns1123Label(name))
      }
      let port = service["port"] ?? [:]
      let portName = port.text("name")
      let number = port["number"]?.integerValue ?? 0
      let place = path.child("service", "port")
      if !portName.isEmpty, number != 0 {
        findings.invalid(path, "", "cannot set both port name & port number")
      } else if !portName.isEmpty {
        findings.invalid(place.child("name"), .string(portName), NameRules.portName(portName))
      } else if number != 0 {
        findings.invalid(place.child("number"), .integer(number), NameRules.portNumber(number))
      } else {
        findings.required(path, "port name or number is required")
      }
    case (nil, let resource?): reference(resource, path.child("resource"), &findings)
    case (nil, nil): findings.invalid(path, "", "resource or service backend is required")
    }
  }

  /// An object of whatever kind.
  private static func reference(_ reference: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    if let group = reference["apiGroup"]?.stringValue {
      findings.invalid(path.child("apiGroup"), .string(group), NameRules.dns1123Subdomain(group))
    }
    for name in ["kind", "name"] {
      let text = reference.text(name)
      if text.isEmpty {
        findings.required(path.child(name))
      } else {
        findings.invalid(path.child(name), .string(text), NameRules.pathSegment(text))
      }
    }
  }

  static func validate(ingressClass new: JSONValue, _ old: JSONValue?, _ findings: inout Findings) {
    let path = FieldPath("spec")
    let controller = new["spec"]?.text("controller") ?? ""
    if controller.utf8.count > 250 { findings.add(.tooLong(path.child("controller"), maximumBytes: 250)) }
    for error in DomainPrefixedPath.errors(of: controller, path.child("controller")) { findings.add(error) }
    if let parameters = new["spec"]?["parameters"] {
      let path = path.child("parameters")
      reference(parameters, path, &findings)
      findings.supportedIfGiven(parameters, "scope", ["Cluster", "Namespace"], path)
      switch parameters.text("scope") {
      case "Namespace":
        if let namespace = parameters["namespace"]?.stringValue {
          findings.invalid(path.child("namespace"), .string(namespace), NameRules.dns1123Label(namespace))
        } else {
          findings.required(path.child("namespace"), "`parameters.scope` is set to 'Namespace'")
        }
      case "Cluster":
        if parameters.has("namespace") {
          findings.forbidden(path.child("namespace"), "`parameters.scope` is set to 'Cluster'")
        }
      default: break
      }
    }
  }

  // MARK: - Network policies

  static func validate(policy new: JSONValue, _ old: JSONValue?, _ findings: inout Findings) {
    let spec = new["spec"] ?? [:]
    let known = Set(
      blocks(of: old ?? [:]).flatMap { [$0.block["cidr"]] + $0.block.items("except") }.compactMap(\.?.stringValue))
    let path = FieldPath("spec")
    SelectorValidation.validate(spec["podSelector"], path.child("podSelector"), &findings)
    for (list, peers) in [("ingress", "from"), ("egress", "to")] {
      for (index, rule) in spec.items(list).enumerated() {
        let path = path.child(list).index(index)
        for (position, port) in rule.items("ports").enumerated() {
          self.port(port, path.child("ports").index(position), &findings)
        }
        for (position, peer) in rule.items(peers).enumerated() {
          self.peer(peer, known, path.child(peers).index(position), &findings)
        }
      }
    }
    let types = spec.items("policyTypes")
    if types.count > 2 {
      findings.invalid(path.child("policyTypes"), spec["policyTypes"], "may not specify more than two policyTypes")
      return
    }
    for (index, type) in types.enumerated() where type != "Ingress" && type != "Egress" {
      findings.add(.notSupported(path.child("policyTypes").index(index), type, ["Ingress", "Egress"]))
    }
  }

  private static func port(_ port: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    findings.listed(port, "protocol", ["TCP", "UDP", "SCTP"], path)
    switch port["port"] {
    case .integer(let number):
      findings.invalid(path.child("port"), .integer(number), NameRules.portNumber(number))
      if let last = port["endPort"]?.integerValue {
        if last < number {
          findings.invalid(
            path.child("endPort"), .integer(number), "must be greater than or equal to `port`")
        }
        findings.invalid(path.child("endPort"), .integer(last), NameRules.portNumber(last))
      }
    case .string(let name):
      if let last = port["endPort"] {
        findings.invalid(path.child("endPort"), last, "may not be specified when `port` is non-numeric")
      }
      findings.invalid(path.child("port"), .string(name), NameRules.portName(name))
    default:
      if let last = port["endPort"] {
        findings.invalid(path.child("endPort"), last, "may not be specified when `port` is not specified")
      }
    }
  }

  /// The ranges of addresses that a policy names, and where.
  static func blocks(of policy: JSONValue) -> [(block: JSONValue, path: FieldPath)] {
    let path = FieldPath("spec")
    return [("ingress", "from"), ("egress", "to")].flatMap { list, peers in
      (policy["spec"]?.items(list) ?? []).enumerated().flatMap { index, rule in
        rule.items(peers).enumerated().compactMap { position, peer in
          guard let block = peer["ipBlock"], !block.isNull else { return nil }
          return (block, path.child(list).index(index).child(peers).index(position).child("ipBlock"))
        }
      }
    }
  }

  /// - Parameter known: ranges that the policy names already.
  private static func peer(
    _ peer: JSONValue, _ known: Set<String>, _ path: FieldPath, _ findings: inout Findings
  ) {
    SelectorValidation.validate(peer["podSelector"], path.child("podSelector"), &findings)
    SelectorValidation.validate(peer["namespaceSelector"], path.child("namespaceSelector"), &findings)
    let hasSelector = peer.has("podSelector") || peer.has("namespaceSelector")
    guard let block = peer["ipBlock"] else {
      if !hasSelector { findings.required(path, "must specify a peer") }
      return
    }
    self.block(block, known, path.child("ipBlock"), &findings)
    if hasSelector { findings.forbidden(path, "may not specify both ipBlock and another peer") }
  }

  private static func block(
    _ block: JSONValue, _ known: Set<String>, _ path: FieldPath, _ findings: inout Findings
  ) {
    let range = block.text("cidr")
    guard !range.isEmpty else { return findings.required(path.child("cidr")) }
    AddressRules.range(range, old: known, path.child("cidr"), &findings)
    guard AddressRules.range(range, isLenient: true) != nil else { return }
    for (index, except) in block.items("except").enumerated() {
      let text = except.stringValue ?? ""
      let path = path.child("except").index(index)
      AddressRules.range(text, old: known, path, &findings)
      if AddressRules.range(text, isLenient: true) != nil, !AddressRules.isStrictlyWithin(text, range) {
        findings.invalid(path, except, "must be a strict subset of `cidr`")
      }
    }
  }

  // MARK: - Addresses of services

  static func validate(address new: JSONValue, _ findings: inout Findings) {
    let path = FieldPath("spec", "parentRef")
    guard let parent = new["spec"]?["parentRef"] else { return }
    for (name, rule) in [("group", NameRules.dns1123Subdomain), ("namespace", NameRules.pathSegment)] {
      let text = parent.text(name)
      if !text.isEmpty { findings.invalid(path.child(name), .string(text), rule(text)) }
    }
    for (name, rule) in [("resource", NameRules.pathSegment), ("name", NameRules.pathSegment)] {
      let text = parent.text(name)
      if text.isEmpty {
        if parent.has(name) { findings.required(path.child(name)) }
      } else {
        findings.invalid(path.child(name), .string(text), rule(text))
      }
    }
  }

  static func validate(serviceCIDR new: JSONValue, _ old: JSONValue?, _ findings: inout Findings) {
    let path = FieldPath("spec", "cidrs")
    let ranges = new["spec"]?.items("cidrs").compactMap(\.stringValue) ?? []
    guard let old else { return self.ranges(ranges, new["spec"] ?? [:], path, &findings) }
    let before = old["spec"]?.items("cidrs").compactMap(\.stringValue) ?? []
    switch (before.count, ranges.count) {
    case (let count, let now) where count == now:
      for (index, range) in ranges.enumerated() where range != before[index] {
        findings.invalid(path.index(index), .string(range), Findings.immutable)
      }
    case (1, 2):
      // A range of the other family may be added.
      if ranges[0] != before[0] { findings.invalid(path.index(0), .string(ranges[0]), Findings.immutable) }
      self.ranges(ranges, new["spec"] ?? [:], path, &findings)
    default: findings.invalid(path, new["spec"]?["cidrs"] ?? .null, Findings.immutable)
    }
  }

  private static func ranges(
    _ ranges: [String], _ spec: JSONValue, _ path: FieldPath, _ findings: inout Findings
  ) {
    guard !ranges.isEmpty else { return findings.required(path, "at least one CIDR required") }
    guard ranges.count <= 2 else {
      return findings.invalid(path, InternalForm.of(spec, "networking.ServiceCIDRSpec"), "may only hold up to 2 values")
    }
    for (index, range) in ranges.enumerated() { AddressRules.canonicalRange(range, path.index(index), &findings) }
    // What is no range at all is of no family.
    let families = ranges.compactMap { AddressRules.range($0, isLenient: true) == nil ? nil : AddressRules.isIPv6($0) }
    if families.count == 2, families[0] == families[1] {
      findings.invalid(
        path, spec["cidrs"], "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64")
    }
  }
}
