import APIMachinery

/// Containers of a pod: names, images, ports, variables, mounts.
struct ContainerValidation {
  /// Volumes of the pod that are sound, by name.
  let volumes: [String: JSONValue]
  /// Names of the pod's claims to devices.
  let claims: [String]
  /// The pod's time to end, in seconds.
  let grace: Int64?
  /// Whether the pod's containers are not started again.
  let runsOnce: Bool
  /// Whether the pod's users are those of its node.
  let hasHostUsers: Bool

  /// What holds for all containers.
  func common(_ container: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let name = container.text("name")
    if name.isEmpty {
      findings.required(path.child("name"))
    } else {
      findings.invalid(path.child("name"), .string(name), NameRules.dns1123Label(name))
    }
    if container.text("image").isEmpty { findings.required(path.child("image")) }
    findings.listed(container, "terminationMessagePolicy", ["File", "FallbackToLogsOnError"], path)
    ports(container, path.child("ports"), &findings)
    for (index, variable) in container.items("env").enumerated() {
      EnvironmentValidation.variable(variable, path.child("env").index(index), &findings)
    }
    for (index, source) in container.items("envFrom").enumerated() {
      EnvironmentValidation.variables(source, path.child("envFrom").index(index), in: path.child("envFrom"), &findings)
    }
    mounts(container, path.child("volumeMounts"), &findings)
    devices(container, path.child("volumeDevices"), &findings)
    findings.supported(container, "imagePullPolicy", ["Always", "IfNotPresent", "Never"], path)
    ResourceValidation.validate(container["resources"], path.child("resources"), &findings)
    ResourceValidation.claims(container["resources"], claims, path.child("resources", "claims"), &findings)
    resizing(container.items("resizePolicy"), path.child("resizePolicy"), &findings)
    SecurityValidation.validate(
      container: container["securityContext"], hasHostUsers: hasHostUsers, path.child("securityContext"), &findings)
  }

  /// What is done around the life of a container that runs for ever.
  func checks(_ container: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    ProbeValidation.validate(lifecycle: container["lifecycle"], grace: grace, path.child("lifecycle"), &findings)
    ProbeValidation.validate(container["livenessProbe"], .liveness, path.child("livenessProbe"), &findings)
    ProbeValidation.validate(container["readinessProbe"], .readiness, path.child("readinessProbe"), &findings)
    ProbeValidation.validate(container["startupProbe"], .startup, path.child("startupProbe"), &findings)
  }

  func initial(_ container: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    if container.text("restartPolicy") == "Always" { return checks(container, path, &findings) }
    for name in ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] where container.has(name) {
      findings.forbidden(path.child(name), "may not be set for init containers without restartPolicy=Always")
    }
    for (index, policy) in container.items("resizePolicy").enumerated()
    where policy.text("restartPolicy") == "RestartContainer" {
      findings.invalid(
        path.child("resizePolicy").index(index).child("restartPolicy"), "RestartContainer",
        "must not be set to 'RestartContainer' for non-sidecar initContainers")
    }
  }

  /// Members that ephemeral containers do not have, in the order in which they stand in the type.
  private static let permanent = [
    "ports", "resources", "resizePolicy", "restartPolicy", "restartPolicyRules", "livenessProbe", "readinessProbe",
    "startupProbe", "lifecycle",
  ]

  func ephemeral(_ container: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    for name in Self.permanent {
      // Upstream holds the resources themselves: there it cannot tell none from empty ones.
      guard let value = container[name], !value.isNull, name != "resources" || value != [:] else { continue }
      findings.forbidden(path.child(name), "cannot be set for an Ephemeral Container")
    }
    for (index, mount) in container.items("volumeMounts").enumerated() {
      for name in ["subPath", "subPathExpr"] where !mount.text(name).isEmpty {
        findings.forbidden(
          path.child("volumeMounts").index(index).child(name), "cannot be set for an Ephemeral Container")
      }
    }
  }

  /// What a change of a resource does to the container; the list is named, and not its item.
  private func resizing(_ policies: [JSONValue], _ path: FieldPath, _ findings: inout Findings) {
    var seen: Set<String> = []
    for (index, policy) in policies.enumerated() {
      let (resource, restart) = (policy.text("resourceName"), policy.text("restartPolicy"))
      if !seen.insert(resource).inserted { findings.add(.duplicate(path.index(index), .string(resource))) }
      known(resource, ["cpu", "memory"], path, &findings)
      known(restart, ["NotRequired", "RestartContainer"], path, &findings)
      if runsOnce, restart != "NotRequired" {
        findings.invalid(path, .string(restart), "must be 'NotRequired' when pod `restartPolicy` is 'Never'")
      }
    }
  }

  private func known(_ value: String, _ values: [String], _ path: FieldPath, _ findings: inout Findings) {
    if value.isEmpty { return findings.required(path) }
    if !values.contains(value) { findings.add(.notSupported(path, .string(value), values)) }
  }

  // MARK: - Ports

  private func ports(_ container: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    var names: Set<String> = []
    for (index, port) in container.items("ports").enumerated() {
      let path = path.index(index)
      let name = port.text("name")
      if !name.isEmpty {
        let problems = NameRules.portName(name)
        findings.invalid(path.child("name"), .string(name), problems)
        if problems.isEmpty, !names.insert(name).inserted {
          findings.add(.duplicate(path.child("name"), .string(name)))
        }
      }
      let number = port["containerPort"]?.integerValue ?? 0
      if number == 0 {
        findings.required(path.child("containerPort"))
      } else {
        findings.invalid(path.child("containerPort"), .integer(number), NameRules.portNumber(number))
      }
      let hostPort = port["hostPort"]?.integerValue ?? 0
      if hostPort != 0 {
        findings.invalid(path.child("hostPort"), .integer(hostPort), NameRules.portNumber(hostPort))
      }
      findings.supported(port, "protocol", ["SCTP", "TCP", "UDP"], path)
    }
  }

  // MARK: - Mounts

  /// - Parameter all: of the list: of some problems upstream does not say which mount has them.
  private func mounts(_ container: JSONValue, _ all: FieldPath, _ findings: inout Findings) {
    var places: Set<String> = []
    let devices = Set(container.items("volumeDevices").map { $0.text("name") })
    let devicePlaces = Set(container.items("volumeDevices").map { $0.text("devicePath") })
    for (index, mount) in container.items("volumeMounts").enumerated() {
      let path = all.index(index)
      let name = mount.text("name")
      if volumes[name] == nil { findings.add(.notFound(path.child("name"), .string(name))) }
      let place = mount.text("mountPath")
      if !places.insert(place).inserted { findings.invalid(path.child("mountPath"), .string(place), "must be unique") }
      if devices.contains(name) {
        findings.invalid(path.child("name"), .string(name), "must not already exist in volumeDevices")
      }
      if devicePlaces.contains(place) {
        findings.invalid(
          path.child("mountPath"), .string(place), "must not already exist as a path in volumeDevices")
      }
      if !mount.text("subPath").isEmpty {
        VolumeValidation.relativePath(mount.text("subPath"), all.child("subPath"), &findings)
      }
      if !mount.text("subPathExpr").isEmpty {
        if !mount.text("subPath").isEmpty {
          findings.invalid(
            path.child("subPathExpr"), mount["subPathExpr"], "subPathExpr and subPath are mutually exclusive")
        }
        VolumeValidation.relativePath(mount.text("subPathExpr"), all.child("subPathExpr"), &findings)
      }
      propagation(mount, container, all, &findings)
    }
  }

  private func propagation(
    _ mount: JSONValue, _ container: JSONValue, _ all: FieldPath, _ findings: inout Findings
  ) {
    findings.supportedIfGiven(mount, "mountPropagation", ["Bidirectional", "HostToContainer", "None"], all)
    if mount.text("mountPropagation") == "Bidirectional", container["securityContext"]?["privileged"] != true {
      findings.forbidden(
        all.child("mountPropagation"),
        "Bidirectional mount propagation is available only to privileged containers")
    }
    guard let recursive = mount["recursiveReadOnly"]?.stringValue, recursive != "Disabled" else { return }
    let path = all.child("recursiveReadOnly")
    guard recursive == "Enabled" || recursive == "IfPossible" else {
      return findings.add(.notSupported(path, .string(recursive), ["Disabled", "Enabled", "IfPossible"]))
    }
    if mount["readOnly"] != true { findings.forbidden(path, "may only be specified when readOnly is true") }
    if !["", "None"].contains(mount.text("mountPropagation")) {
      findings.forbidden(path, "may only be specified when mountPropagation is None or not specified")
    }
  }

  private func devices(_ container: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    var (names, places): (Set<String>, Set<String>) = ([], [])
    let mounts = Set(container.items("volumeMounts").map { $0.text("name") })
    let mountPlaces = Set(container.items("volumeMounts").map { $0.text("mountPath") })
    for (index, device) in container.items("volumeDevices").enumerated() {
      let path = path.index(index)
      let name = device.text("name")
      if !name.isEmpty, !names.insert(name).inserted {
        findings.invalid(path.child("name"), .string(name), "must be unique")
      }
      if let volume = volumes[name] {
        if !volume.has("persistentVolumeClaim"), !volume.has("ephemeral") {
          findings.invalid(
            path.child("name"), .string(name),
            "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode")
        }
      } else {
        findings.add(.notFound(path.child("name"), .string(name)))
      }
      let place = device.text("devicePath")
      if places.contains(place) { findings.invalid(path.child("devicePath"), .string(place), "must be unique") }
      if place.split(separator: "/").contains("..") {
        findings.invalid(path.child("devicePath"), .string(place), "can not contain backsteps ('..')")
      } else {
        places.insert(place)
      }
      if mounts.contains(name) {
        findings.invalid(path.child("name"), .string(name), "must not already exist in volumeMounts")
      }
      if mountPlaces.contains(place) {
        findings.invalid(
          path.child("devicePath"), .string(place), "must not already exist as a path in volumeMounts")
      }
    }
  }
}

extension String {
  /// Without white space at both ends.
  var trimmed: String {
    String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
  }
}
