import APIMachinery

/// Containers of a pod: names, images, ports, variables, mounts.
struct ContainerValidation {
  enum Role { case normal, initial, ephemeral }

  /// Volumes of the pod, by name.
  let volumes: [String: JSONValue]
  /// Names of the pod's claims to devices.
  let claims: [String]
  /// The pod's time to end, in seconds.
  let grace: Int64?
  /// Whether the pod's containers are not started again.
  let runsOnce: Bool

  func validate(_ container: JSONValue, _ role: Role, _ path: FieldPath, _ findings: inout Findings) {
    let name = container.text("name")
    if name.isEmpty {
      if !container.has("name") { findings.required(path.child("name")) }
    } else {
      findings.invalid(path.child("name"), .string(name), NameRules.dns1123Label(name))
    }
    if container.text("image").isEmpty { findings.required(path.child("image")) }
    findings.supported(container, "imagePullPolicy", ["Always", "IfNotPresent", "Never"], path)
    ports(container, path.child("ports"), &findings)
    for (index, variable) in container.items("env").enumerated() {
      EnvironmentValidation.variable(variable, path.child("env").index(index), &findings)
    }
    for (index, source) in container.items("envFrom").enumerated() {
      EnvironmentValidation.variables(source, path.child("envFrom").index(index), in: path.child("envFrom"), &findings)
    }
    RestartRuleValidation.validate(container, path, &findings)
    if role != .ephemeral { resizing(container.items("resizePolicy"), path.child("resizePolicy"), &findings) }
    mounts(container, path, &findings)
    devices(container, path.child("volumeDevices"), &findings)
    ResourceValidation.validate(container["resources"], path.child("resources"), &findings)
    ResourceValidation.claims(container["resources"], claims, path.child("resources", "claims"), &findings)
    SecurityValidation.validate(container: container["securityContext"], path.child("securityContext"), &findings)
    switch role {
    case .normal: checks(container, path, &findings)
    case .initial: initial(container, path, &findings)
    case .ephemeral: ephemeral(container, path, &findings)
    }
  }

  private func checks(_ container: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    findings.supported(container, "restartPolicy", ["Always", "Never", "OnFailure"], path)
    ProbeValidation.validate(lifecycle: container["lifecycle"], grace: grace, path.child("lifecycle"), &findings)
    ProbeValidation.validate(container["livenessProbe"], .liveness, path.child("livenessProbe"), &findings)
    ProbeValidation.validate(container["readinessProbe"], .readiness, path.child("readinessProbe"), &findings)
    ProbeValidation.validate(container["startupProbe"], .startup, path.child("startupProbe"), &findings)
  }

  private func initial(_ container: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    if container.text("restartPolicy") == "Always" { return checks(container, path, &findings) }
    findings.supported(container, "restartPolicy", ["Always", "Never", "OnFailure"], path)
    for name in ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] where container.has(name) {
      findings.forbidden(path.child(name), "may not be set for init containers without restartPolicy=Always")
    }
  }

  private func ephemeral(_ container: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    for name in ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe", "resizePolicy", "restartPolicy"]
    where container.has(name) {
      findings.forbidden(path.child(name), "cannot be set for an Ephemeral Container")
    }
    if !container.items("ports").isEmpty {
      findings.forbidden(path.child("ports"), "cannot be set for an Ephemeral Container")
    }
    if container["resources"]?.objectValue?.isEmpty == false {
      findings.forbidden(path.child("resources"), "cannot be set for an Ephemeral Container")
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
      if !resource.isEmpty, resource != "cpu", resource != "memory" {
        findings.add(.notSupported(path, .string(resource), ["cpu", "memory"]))
      }
      if !restart.isEmpty, restart != "NotRequired", restart != "RestartContainer" {
        findings.add(.notSupported(path, .string(restart), ["NotRequired", "RestartContainer"]))
      }
      if runsOnce, restart != "NotRequired" {
        findings.invalid(path, .string(restart), "must be 'NotRequired' when `restartPolicy` is 'Never'")
      }
    }
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
      if number != 0 {
        findings.invalid(path.child("containerPort"), .integer(number), NameRules.portNumber(number))
      }
      let hostPort = port["hostPort"]?.integerValue ?? 0
      if hostPort != 0 {
        findings.invalid(path.child("hostPort"), .integer(hostPort), NameRules.portNumber(hostPort))
      }
      let address = port.text("hostIP")
      if !address.isEmpty { AddressRules.address(address, path.child("hostIP"), &findings) }
    }
  }

  // MARK: - Mounts

  private func mounts(_ container: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    var places: Set<String> = []
    // Of some problems upstream does not say which mount has them.
    let all = path.child("volumeMounts")
    let devices = Set(container.items("volumeDevices").map { $0.text("name") })
    let devicePlaces = Set(container.items("volumeDevices").map { $0.text("devicePath") })
    for (index, mount) in container.items("volumeMounts").enumerated() {
      let path = path.child("volumeMounts").index(index)
      let name = mount.text("name")
      if !name.isEmpty, volumes[name] == nil { findings.add(.notFound(path.child("name"), .string(name))) }
      let place = mount.text("mountPath")
      if !place.isEmpty, !places.insert(place).inserted {
        findings.invalid(path.child("mountPath"), .string(place), "must be unique")
      }
      if devices.contains(name) {
        findings.invalid(path.child("name"), .string(name), "must not already exist in volumeDevices")
      }
      if !place.isEmpty, devicePlaces.contains(place) {
        findings.invalid(
          path.child("mountPath"), .string(place), "must not already exist as a path in volumeDevices")
      }
      for part in ["subPath", "subPathExpr"] where !mount.text(part).isEmpty {
        if volumes[name]?.has("image") == true {
          findings.invalid(path.child(part), mount[part], "not allowed in image volume sources")
        }
        VolumeValidation.relativePath(mount.text(part), all.child(part), &findings)
      }
      if !mount.text("subPath").isEmpty, !mount.text("subPathExpr").isEmpty {
        findings.invalid(
          path.child("subPathExpr"), mount["subPathExpr"], "subPathExpr and subPath are mutually exclusive")
      }
      propagation(mount, container, path, all, &findings)
    }
  }

  private func propagation(
    _ mount: JSONValue, _ container: JSONValue, _ path: FieldPath, _ all: FieldPath, _ findings: inout Findings
  ) {
    if mount.text("mountPropagation") == "Bidirectional", container["securityContext"]?["privileged"] != true {
      findings.forbidden(
        all.child("mountPropagation"),
        "Bidirectional mount propagation is available only to privileged containers")
    }
    let recursive = mount.text("recursiveReadOnly")
    guard !recursive.isEmpty else { return }
    findings.supported(mount, "recursiveReadOnly", ["Disabled", "Enabled", "IfPossible"], path)
    guard recursive == "Enabled" || recursive == "IfPossible" else { return }
    if mount["readOnly"] != true {
      findings.forbidden(path.child("recursiveReadOnly"), "may only be specified when readOnly is true")
    }
    if !["", "None"].contains(mount.text("mountPropagation")) {
      findings.forbidden(
        path.child("recursiveReadOnly"), "may only be specified when mountPropagation is None or not specified")
    }
  }

  private func devices(_ container: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    var places: Set<String> = []
    for (index, device) in container.items("volumeDevices").enumerated() {
      let path = path.index(index)
      let name = device.text("name")
      if !name.isEmpty {
        if let volume = volumes[name] {
          if !volume.has("persistentVolumeClaim"), !volume.has("ephemeral") {
            findings.invalid(
              path.child("name"), .string(name),
              "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode")
          }
        } else {
          findings.add(.notFound(path.child("name"), .string(name)))
        }
      }
      let place = device.text("devicePath")
      if !place.isEmpty {
        if !places.insert(place).inserted {
          findings.invalid(path.child("devicePath"), .string(place), "must be unique")
        }
        if place.split(separator: "/").contains("..") {
          findings.invalid(path.child("devicePath"), .string(place), "can not contain backsteps ('..')")
        }
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
