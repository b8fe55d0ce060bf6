import APIMachinery

/// Pods and templates of pods.
enum PodValidation {
  static func validate(_ pod: JSONValue, _ findings: inout Findings) {
    guard let spec = pod["spec"] else { return }
    let path = FieldPath("spec")
    PodAnnotationValidation.validate(pod, FieldPath("metadata", "annotations"), &findings)
    validate(spec: spec, path, of: pod, isNew: true, &findings)
    podOnly(spec, path, &findings)
    if !spec.items("ephemeralContainers").isEmpty {
      findings.forbidden(path.child("ephemeralContainers"), "cannot be set on create")
    }
    if !spec.items("schedulingGates").isEmpty, !spec.text("nodeName").isEmpty {
      findings.forbidden(path.child("nodeName"), "cannot be set until all schedulingGates have been cleared")
    }
    PodAnnotationValidation.profiles(pod, path, &findings)
  }

  /// What templates may say and pods may not, whether they are new or not.
  static func podOnly(_ spec: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    accountTokens(spec, path, &findings)
    for list in ["containers", "initContainers"] {
      for (index, container) in spec.items(list).enumerated() {
        image(container.text("image"), path.child(list).index(index).child("image"), &findings)
      }
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

  /// - Parameters:
  ///   - pod: the pod that the spec is of; nil where it is a template's.
  ///   - isNew: the pod is being made.
  static func validate(
    spec: JSONValue, _ path: FieldPath, of pod: JSONValue? = nil, isNew: Bool = false, _ findings: inout Findings
  ) {
    let volumes = VolumeValidation.validate(pod: spec, path.child("volumes"), of: pod, isNew: isNew, &findings)
    if let pod, PodAnnotationValidation.isMirror(pod), !spec.items("resourceClaims").isEmpty {
      findings.forbidden(FieldPath(""), "static pods do not support resource claims")
    } else {
      claims(spec.items("resourceClaims"), path.child("resourceClaims"), &findings)
    }
    containers(spec, volumes, path, &findings)
    PodResourceValidation.validate(spec, path.child("resources"), &findings)
    if spec["hostNetwork"] == true { hostPorts(spec, path, isPod: pod != nil, &findings) }
    // Workloads may say so again, with the values that they allow.
    findings.listed(spec, "restartPolicy", ["Always", "OnFailure", "Never"], path)
    findings.listed(spec, "dnsPolicy", ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"], path)
    MetadataValidation.labels(spec["nodeSelector"], path.child("nodeSelector"), &findings)
    if spec["shareProcessNamespace"] == true, spec["hostPID"] == true {
      findings.invalid(
        path.child("securityContext", "shareProcessNamespace"), true,
        "ShareProcessNamespace and HostPID cannot both be enabled")
    }
    SecurityValidation.validate(
      pod: spec["securityContext"], spec: spec, path.child("securityContext"), &findings)
    SchedulingValidation.affinity(spec, path.child("affinity"), &findings)
    resolver(spec, path, &findings)
    gates(spec, path, &findings)
    SchedulingValidation.spread(spec, path.child("topologySpreadConstraints"), &findings)
    WindowsValidation.hostProcesses(spec, path, &findings)
    namespaces(spec, path, &findings)
    hostName(spec, path, &findings)
    names(spec, path, &findings)
    if spec["preemptionPolicy"]?.stringValue == "" { findings.required(path.child("preemptionPolicy")) }
    findings.listed(spec, "preemptionPolicy", ["PreemptLowerPriority", "Never"], path)
    if let overhead = spec["overhead"] {
      ResourceValidation.validate(["limits": overhead], path.child("overhead"), &findings)
    }
    OperatingSystemValidation.validate(pod: spec, path, &findings)
    EnvironmentValidation.fileVolumes(spec, path, &findings)
  }

  private static func gates(_ spec: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    for (index, gate) in spec.items("readinessGates").enumerated() {
      let type = gate.text("conditionType")
      findings.invalid(
        path.child("readinessGates").index(index).child("conditionType"), .string(type), NameRules.labelKey(type))
    }
    var names: Set<String> = []
    for (index, gate) in spec.items("schedulingGates").enumerated() {
      let name = gate.text("name")
      let path = path.child("schedulingGates").index(index)
      findings.invalid(path, .string(name), NameRules.labelKey(name))
      if !names.insert(name).inserted { findings.add(.duplicate(path, .string(name))) }
    }
  }

  /// A pod with users of its own shares no other namespace with its node, and has no devices, whose owners cannot be mapped.
  private static func namespaces(_ spec: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    guard spec["hostUsers"] == false else { return }
    let words = "when `hostUsers` is false"
    for (name, place) in [("hostNetwork", "hostNetwork"), ("hostPID", "HostPID"), ("hostIPC", "HostIPC")]
    where spec[name] == true {
      findings.forbidden(path.child(place), words)
    }
    for list in ["initContainers", "containers", "ephemeralContainers"] {
      for (index, container) in spec.items(list).enumerated() where !container.items("volumeDevices").isEmpty {
        findings.forbidden(path.child(list).index(index).child("volumeDevices"), words)
      }
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

  static func image(_ name: String, _ path: FieldPath, _ findings: inout Findings) {
    if name.trimmed != name {
      findings.invalid(path, .string(name), "must not have leading or trailing whitespace")
    }
  }

  // MARK: - Containers

  /// - Parameter volumes: those that are sound: what is mounted of others is not there.
  private static func containers(
    _ spec: JSONValue, _ volumes: [String: JSONValue], _ path: FieldPath, _ findings: inout Findings
  ) {
    let validation = ContainerValidation(
      volumes: volumes, claims: spec.items("resourceClaims").map { $0.text("name") },
      grace: spec["terminationGracePeriodSeconds"]?.integerValue.flatMap { $0 < 0 ? nil : $0 },
      runsOnce: spec.text("restartPolicy") == "Never", hasHostUsers: spec["hostUsers"] != false)
    if spec.items("containers").isEmpty { findings.required(path.child("containers")) }
    var names: Set<String> = []
    var ports: Set<String> = []
    for (index, container) in spec.items("containers").enumerated() {
      let path = path.child("containers").index(index)
      validation.common(container, path, &findings)
      name(container, &names, path, &findings)
      validation.checks(container, path, &findings)
      RestartRuleValidation.validate(container, path, &findings)
    }
    for (index, container) in spec.items("containers").enumerated() {
      uniquePorts(container, &ports, path.child("containers").index(index), &findings)
    }
    for (index, container) in spec.items("initContainers").enumerated() {
      let path = path.child("initContainers").index(index)
      validation.common(container, path, &findings)
      RestartRuleValidation.validate(initial: container, path, &findings)
      // What has no name is like no other of them.
      name(container, &names, isKept: !container.text("name").isEmpty, path, &findings)
      // They run one after the other.
      ports = []
      uniquePorts(container, &ports, path, &findings)
      validation.initial(container, path, &findings)
    }
    names.formUnion(spec.items("initContainers").map { $0.text("name") })
    let others = names
    for (index, container) in spec.items("ephemeralContainers").enumerated() {
      let path = path.child("ephemeralContainers").index(index)
      validation.common(container, path, &findings)
      image(container.text("image"), path.child("image"), &findings)
      name(container, &names, path, &findings)
      let target = container.text("targetContainerName")
      if !target.isEmpty, !others.contains(target) {
        findings.add(.notFound(path.child("targetContainerName"), .string(target)))
      }
      validation.ephemeral(container, path, &findings)
    }
  }

  /// - Parameter isKept: whether another container may not have the name, too.
  private static func name(
    _ container: JSONValue, _ names: inout Set<String>, isKept: Bool = true, _ path: FieldPath,
    _ findings: inout Findings
  ) {
    let name = container.text("name")
    if names.contains(name) {
      findings.add(.duplicate(path.child("name"), .string(name)))
    } else if isKept {
      names.insert(name)
    }
  }

  private static func uniquePorts(
    _ container: JSONValue, _ taken: inout Set<String>, _ path: FieldPath, _ findings: inout Findings
  ) {
    for (index, port) in container.items("ports").enumerated() {
      let number = port["hostPort"]?.integerValue ?? 0
      guard number != 0 else { continue }
      let place = "\(port.text("protocol"))/\(port.text("hostIP"))/\(number)"
      if !taken.insert(place).inserted {
        findings.add(.duplicate(path.child("ports").index(index).child("hostPort"), .string(place)))
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
        findings.add(
          FieldError.invalid(
            path, InternalForm.of(claim, "core.PodResourceClaim"),
            "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified"
          ).inOrder)
      } else if sources.isEmpty {
        findings.add(
          FieldError.invalid(
            path, InternalForm.of(claim, "core.PodResourceClaim"),
            "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`"
          ).inOrder)
      }
      for source in sources {
        let text = claim.text(source)
        findings.invalid(path.child(source), .string(text), NameRules.dns1123Subdomain(text))
      }
    }
  }

  // MARK: - Names

  private static func names(_ spec: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    func check(_ name: String, _ rule: (String) -> [String]) {
      let text = spec.text(name)
      if !text.isEmpty { findings.invalid(path.child(name), .string(text), rule(text)) }
    }
    check("serviceAccountName", NameRules.dns1123Subdomain)
    check("nodeName", NameRules.dns1123Subdomain)
    if let seconds = spec["activeDeadlineSeconds"]?.integerValue, !(1...Int64(Int32.max)).contains(seconds) {
      findings.invalid(
        path.child("activeDeadlineSeconds"), .integer(seconds), NameRules.between(1, Int64(Int32.max)))
    }
    check("hostname", NameRules.dns1123Label)
    check("subdomain", NameRules.dns1123Label)
    SchedulingValidation.tolerations(spec.items("tolerations"), path.child("tolerations"), &findings)
    for (index, alias) in spec.items("hostAliases").enumerated() {
      let path = path.child("hostAliases").index(index)
      AddressRules.address(alias.text("ip"), path.child("ip"), &findings)
      for (position, name) in alias.items("hostnames").enumerated() {
        findings.invalid(
          path.child("hostnames").index(position), name, NameRules.dns1123Subdomain(name.stringValue ?? ""))
      }
    }
    check("priorityClassName", NameRules.dns1123Subdomain)
    // A name that is there and empty is one, too.
    if let name = spec["runtimeClassName"]?.stringValue {
      findings.invalid(path.child("runtimeClassName"), .string(name), NameRules.dns1123Subdomain(name))
    }
  }

  /// The host name that takes the place of all others (KEP-4762).
  private static func hostName(_ spec: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    guard let name = spec["hostnameOverride"]?.stringValue else { return }
    let path = path.child("hostnameOverride")
    for rival in ["setHostnameAsFQDN", "hostNetwork"] where spec[rival] == true {
      findings.forbidden(path, "may not be specified when \(rival) is true")
    }
    if name.utf8.count > 64 { findings.add(.tooLong(path, maximumBytes: 64)) }
    findings.invalid(path, .string(name), NameRules.dns1123Subdomain(name))
  }

  // MARK: - Looking up names

  private static func resolver(_ spec: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
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
