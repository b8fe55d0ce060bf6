import APIMachinery

/// Pods and templates of pods.
enum PodValidation {
  static func validate(_ pod: JSONValue, _ findings: inout Findings) {
    guard let spec = pod["spec"] else { return }
    let path = FieldPath("spec")
    PodAnnotationValidation.validate(pod, FieldPath("metadata", "annotations"), &findings)
    validate(spec: spec, path, isPod: true, &findings)
    accountTokens(spec, path, &findings)
    images(spec, path, &findings)
    PodAnnotationValidation.profiles(pod, path, &findings)
    // A template may leave it open.
    for (index, volume) in spec.items("volumes").enumerated()
    where volume.has("image") && volume["image"]?.text("reference").isEmpty == true {
      findings.required(path.child("volumes").index(index).child("image", "reference"))
    }
    for (index, _) in spec.items("ephemeralContainers").enumerated() where index == 0 {
      findings.forbidden(path.child("ephemeralContainers"), "cannot be set on create")
    }
  }

  static func validate(template: JSONValue?, _ path: FieldPath, _ findings: inout Findings) {
    guard let template else { return }
    MetadataValidation.labels(template["metadata"]?["labels"], path.child("labels"), &findings)
    MetadataValidation.annotations(template["metadata"]?["annotations"], path.child("annotations"), &findings)
    PodAnnotationValidation.validate(template, path.child("annotations"), &findings)
    guard let spec = template["spec"] else { return }
    validate(spec: spec, path.child("spec"), &findings)
    PodAnnotationValidation.profiles(template, path.child("spec"), &findings)
    if !spec.items("ephemeralContainers").isEmpty {
      findings.forbidden(path.child("spec", "ephemeralContainers"), "ephemeral containers not allowed in pod template")
    }
  }

  static func validate(spec: JSONValue, _ path: FieldPath, isPod: Bool = false, _ findings: inout Findings) {
    VolumeValidation.validate(pod: spec, path.child("volumes"), &findings)
    containers(spec, path, &findings)
    if spec["hostNetwork"] == true { hostPorts(spec, path, isPod: isPod, &findings) }
    claims(spec.items("resourceClaims"), path.child("resourceClaims"), &findings)
    names(spec, path, &findings)
    if let seconds = spec["activeDeadlineSeconds"]?.integerValue, !(1...Int64(Int32.max)).contains(seconds) {
      findings.invalid(
        path.child("activeDeadlineSeconds"), .integer(seconds), NameRules.between(1, Int64(Int32.max)))
    }
    if spec["shareProcessNamespace"] == true, spec["hostPID"] == true {
      findings.invalid(
        path.child("securityContext", "shareProcessNamespace"), true,
        "ShareProcessNamespace and HostPID cannot both be enabled")
    }
    if spec["hostUsers"] == false {
      for (name, word) in [("hostNetwork", "hostNetwork"), ("hostPID", "HostPID"), ("hostIPC", "HostIPC")]
      where spec[name] == true {
        findings.forbidden(path.child(word), "when `pod.Spec.HostUsers` is false")
      }
    }
    SecurityValidation.validate(
      pod: spec["securityContext"], spec: spec, path.child("securityContext"), &findings)
    OperatingSystemValidation.validate(pod: spec, path, &findings)
    SchedulingValidation.validate(spec, path, &findings)
    resolver(spec, path, &findings)
    PodResourceValidation.validate(spec, path.child("resources"), &findings)
    var gates: Set<String> = []
    for (index, gate) in spec.items("schedulingGates").enumerated() {
      let name = gate.text("name")
      let path = path.child("schedulingGates").index(index)
      findings.invalid(path, .string(name), NameRules.labelKey(name))
      if !gates.insert(name).inserted { findings.add(.duplicate(path, .string(name))) }
    }
    if !spec.items("schedulingGates").isEmpty, !spec.text("nodeName").isEmpty {
      findings.forbidden(path.child("nodeName"), "cannot be set until all schedulingGates have been cleared")
    }
    for (index, gate) in spec.items("readinessGates").enumerated() {
      let type = gate.text("conditionType")
      findings.invalid(
        path.child("readinessGates").index(index).child("conditionType"), .string(type), NameRules.labelKey(type))
    }
    if let overhead = spec["overhead"] {
      ResourceValidation.validate(["limits": overhead], path.child("overhead"), &findings)
    }
  }

  // MARK: - What templates may say and pods may not

  /// A token is of an account.
  private static func accountTokens(_ spec: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    guard spec.text("serviceAccountName").isEmpty else { return }
    for (index, volume) in spec.items("volumes").enumerated() {
      for (position, source) in (volume["projected"]?.items("sources") ?? []).enumerated()
      where source.has("serviceAccountToken") {
        findings.forbidden(
          path.child("volumes").index(index).child("projected", "sources").index(position).child("serviceAccountToken"),
          "must not be specified when serviceAccountName is not set")
      }
    }
  }

  private static func images(_ spec: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    for list in ["containers", "initContainers", "ephemeralContainers"] {
      for (index, container) in spec.items(list).enumerated() {
        image(container.text("image"), path.child(list).index(index).child("image"), &findings)
      }
    }
  }

  static func image(_ name: String, _ path: FieldPath, _ findings: inout Findings) {
    if name.trimmed != name {
      findings.invalid(path, .string(name), "must not have leading or trailing whitespace")
    }
  }

  // MARK: - Containers

  private static func containers(_ spec: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    var volumes: [String: JSONValue] = [:]
    for volume in spec.items("volumes") { volumes[volume.text("name")] = volume }
    let validation = ContainerValidation(
      volumes: volumes, claims: spec.items("resourceClaims").map { $0.text("name") },
      grace: spec["terminationGracePeriodSeconds"]?.integerValue.flatMap { $0 < 0 ? nil : $0 },
      runsOnce: spec.text("restartPolicy") == "Never")
    if spec.items("containers").isEmpty, spec.has("containers") { findings.required(path.child("containers")) }
    var names: Set<String> = []
    var hostPorts: Set<String> = []
    let roles: [(String, ContainerValidation.Role)] = [
      ("containers", .normal), ("initContainers", .initial), ("ephemeralContainers", .ephemeral),
    ]
    for (list, role) in roles {
      for (index, container) in spec.items(list).enumerated() {
        let path = path.child(list).index(index)
        validation.validate(container, role, path, &findings)
        let name = container.text("name")
        if !name.isEmpty, !names.insert(name).inserted {
          findings.add(.duplicate(path.child("name"), .string(name)))
        }
        // Init containers run one after the other.
        if role != .normal { hostPorts = [] }
        for (position, port) in container.items("ports").enumerated() {
          let number = port["hostPort"]?.integerValue ?? 0
          guard number != 0 else { continue }
          let place = "\(port.text("protocol"))/\(port.text("hostIP"))/\(number)"
          if !hostPorts.insert(place).inserted {
            findings.add(.duplicate(path.child("ports").index(position).child("hostPort"), .string(place)))
          }
        }
      }
    }
    for (index, container) in spec.items("ephemeralContainers").enumerated() {
      let target = container.text("targetContainerName")
      let known = (spec.items("containers") + spec.items("initContainers")).contains { $0.text("name") == target }
      if !target.isEmpty, !known {
        findings.add(
          .notFound(path.child("ephemeralContainers").index(index).child("targetContainerName"), .string(target)))
      }
    }
  }

  /// In the node's network a container's port is the node's; a template may leave that to the pod.
  private static func hostPorts(_ spec: JSONValue, _ path: FieldPath, isPod: Bool, _ findings: inout Findings) {
    for (index, container) in spec.items("containers").enumerated() {
      for (position, port) in container.items("ports").enumerated() {
        let number = port["hostPort"]?.integerValue ?? 0
        guard isPod || number != 0, number != port["containerPort"]?.integerValue ?? 0 else { continue }
        findings.invalid(
          path.child("containers").index(index).child("ports").index(position).child("hostPort"), .integer(number),
          "must match `containerPort` when `hostNetwork` is true")
      }
    }
  }

  /// Claims to devices, each of its own or made from a template.
  private static func claims(_ claims: [JSONValue], _ path: FieldPath, _ findings: inout Findings) {
    var names: Set<String> = []
    for (index, claim) in claims.enumerated() {
      let path = path.index(index)
      let name = claim.text("name")
      if !name.isEmpty {
        if names.insert(name).inserted {
          findings.invalid(path.child("name"), .string(name), NameRules.dns1123Label(name))
        } else {
          findings.add(.duplicate(path.child("name"), .string(name)))
        }
      }
      let sources = ["resourceClaimName", "resourceClaimTemplateName"].filter(claim.has)
      if sources.count == 2 {
        findings.invalid(
          path, claim, "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified")
      } else if sources.isEmpty {
        findings.invalid(path, claim, "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`")
      }
      for source in sources {
        let text = claim.text(source)
        findings.invalid(path.child(source), .string(text), NameRules.dns1123Subdomain(text))
      }
    }
  }

  // MARK: - Names

  private static func names(_ spec: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let rules: [(String, (String) -> [String])] = [
      ("serviceAccountName", NameRules.dns1123Subdomain), ("nodeName", NameRules.dns1123Subdomain),
      ("hostname", NameRules.dns1123Label), ("subdomain", NameRules.dns1123Label),
      ("priorityClassName", NameRules.dns1123Subdomain),
      ("runtimeClassName", NameRules.dns1123Subdomain), ("hostnameOverride", NameRules.dns1123Subdomain),
    ]
    for (name, rule) in rules {
      let text = spec.text(name)
      if !text.isEmpty { findings.invalid(path.child(name), .string(text), rule(text)) }
    }
  }

  // MARK: - Names of hosts

  private static func resolver(_ spec: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    for (index, alias) in spec.items("hostAliases").enumerated() {
      let path = path.child("hostAliases").index(index)
      AddressRules.address(alias.text("ip"), path.child("ip"), &findings)
      for (position, name) in alias.items("hostnames").enumerated() {
        findings.invalid(
          path.child("hostnames").index(position), name, NameRules.dns1123Subdomain(name.stringValue ?? ""))
      }
    }
    let configuration = spec["dnsConfig"]
    let path = path.child("dnsConfig")
    let servers = configuration?.items("nameservers") ?? []
    if spec.text("dnsPolicy") == "None" {
      if configuration == nil {
        return findings.required(path, "must provide `dnsConfig` when `dnsPolicy` is None")
      }
      if servers.isEmpty {
        return findings.required(
          path.child("nameservers"), "must provide at least one DNS nameserver when `dnsPolicy` is None")
      }
    }
    guard let configuration else { return }
    if servers.count > 3 {
      findings.invalid(
        path.child("nameservers"), configuration["nameservers"], "must not have more than 3 nameservers")
    }
    for (index, server) in servers.enumerated() {
      AddressRules.address(server.stringValue ?? "", path.child("nameservers").index(index), &findings)
    }
    let searches = configuration.items("searches")
    if searches.count > 32 {
      findings.invalid(path.child("searches"), configuration["searches"], "must not have more than 32 search paths")
    }
    if searches.compactMap(\.stringValue).joined(separator: " ").utf8.count > 2048 {
      findings.invalid(
        path.child("searches"), configuration["searches"],
        "must not have more than 2048 characters (including spaces) in the search list")
    }
    for (index, search) in searches.enumerated() {
      let name = search.stringValue ?? ""
      guard name != "." else { continue }
      let trimmed = name.hasSuffix(".") ? String(name.dropLast()) : name
      findings.invalid(path.child("searches").index(index), search, NameRules.dns1123SubdomainWithUnderscore(trimmed))
    }
    for (index, option) in configuration.items("options").enumerated() where option.text("name").isEmpty {
      findings.required(path.child("options").index(index), "must not be empty")
    }
  }
}
