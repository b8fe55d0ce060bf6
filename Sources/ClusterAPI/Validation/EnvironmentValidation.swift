import APIMachinery

/// Variables of containers, and fields of the pod that they, and files of volumes, show.
enum EnvironmentValidation {
  private static let podFields: Set<String> = [
    "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP",
    "status.hostIPs", "status.podIP", "status.podIPs",
  ]
  /// Fields of a pod that have a name in the downward API at all.
  private static let convertible: Set<String> = [
    "metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid", "spec.host",
    "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "status.hostIP",
    "status.hostIPs", "status.phase", "status.podIP", "status.podIPs",
  ]
  private static let containerResources: Set<String> = [
    "limits.cpu", "limits.memory", "limits.ephemeral-storage", "requests.cpu", "requests.memory",
    "requests.ephemeral-storage",
  ]

  static func variable(_ variable: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let name = variable.text("name")
    if !name.isEmpty { findings.invalid(path.child("name"), .string(name), NameRules.environmentVariable(name)) }
    guard let source = variable["valueFrom"] else { return }
    let path = path.child("valueFrom")
    let present = ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"].filter(source.has)
    if let field = source["fieldRef"] {
      self.field(field, podFields, path.child("fieldRef"), &findings)
    }
    if let field = source["resourceFieldRef"] { self.resource(field, path.child("resourceFieldRef"), &findings) }
    for kind in ["configMapKeyRef", "secretKeyRef"] {
      guard let reference = source[kind] else { continue }
      let name = reference.text("name")
      findings.invalid(path.child(kind, "name"), .string(name), NameRules.dns1123Subdomain(name))
      if let key = reference["key"]?.stringValue {
        findings.invalid(path.child(kind, "key"), .string(key), NameRules.configMapKey(key))
      }
    }
    if let entry = source["fileKeyRef"] { fileEntry(entry, path.child("fileKeyRef"), &findings) }
    if present.isEmpty {
      findings.invalid(
        path, "",
        "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`")
    }
    if !variable.text("value").isEmpty {
      if !present.isEmpty { findings.invalid(path, "", "may not be specified when `value` is not empty") }
    } else if present.count > 1 {
      findings.invalid(path, "", "may not have more than one field specified at a time")
    }
  }

  /// An entry of a file that a container has left in a volume (KEP-3721).
  private static func fileEntry(_ entry: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let (key, volume, file) = (entry.text("key"), entry.text("volumeName"), entry.text("path"))
    if key.isEmpty { findings.required(path.child("key")) }
    if !key.isEmpty { findings.invalid(path.child("key"), .string(key), NameRules.environmentVariable(key)) }
    if volume.isEmpty { findings.required(path.child("volumeName")) }
    if !volume.isEmpty { findings.invalid(path.child("volumeName"), .string(volume), NameRules.dns1123Label(volume)) }
    if file.isEmpty { findings.required(path.child("path")) }
    if !file.isEmpty { VolumeValidation.withoutParent(file, path.child("path"), &findings) }
  }

  /// Files of variables are in volumes that last as long as the pod.
  ///
  /// - Parameter path: of the pod's spec.
  static func fileVolumes(_ spec: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let volumes = spec.items("volumes")
    for list in ["initContainers", "containers", "ephemeralContainers"] {
      for (index, container) in spec.items(list).enumerated() {
        let path = path.child(list).index(index).child("env")
        for (position, variable) in container.items("env").enumerated() {
          guard let entry = variable["valueFrom"]?["fileKeyRef"] else { continue }
          let name = entry.text("volumeName")
          let path = path.index(position).child("valueFrom", "fileKeyRef", "volumeName")
          guard let volume = volumes.last(where: { $0.text("name") == name }) else {
            findings.add(.notFound(path, .string(name)))
            continue
          }
          if !volume.has("emptyDir") {
            findings.invalid(path, .string(name), "referenced volume must be of type emptyDir")
          }
        }
      }
    }
  }

  /// - Parameter isVolume: of a file of a volume, of which no schema says that there must be one.
  static func field(
    _ reference: JSONValue, isVolume: Bool = false, _ known: Set<String>, _ path: FieldPath,
    _ findings: inout Findings
  ) {
    let field = reference.text("fieldPath")
    guard !field.isEmpty else {
      if isVolume { findings.required(path.child("fieldPath")) }
      return
    }
    let version = reference.text("apiVersion")
    if !version.isEmpty, version != "v1" {
      return findings.invalid(
        path.child("fieldPath"), .string(field), "error converting fieldPath: unsupported pod version: \(version)")
    }
    if let bracket = field.firstIndex(of: "["), field[bracket...].hasPrefix("['"), field.hasSuffix("']") {
      let map = String(field[..<bracket])
      var key = String(field[bracket...].dropFirst(2).dropLast(2))
      switch map {
      case "metadata.annotations": key = key.lowercased()
      case "metadata.labels": break
      default:
        return findings.invalid(
          path.child("fieldPath"), .string(field),
          "error converting fieldPath: field label does not support subscript: \(field)")
      }
      return findings.invalid(path, .string(key), NameRules.labelKey(key))
    }
    if !convertible.contains(field) {
      findings.invalid(
        path.child("fieldPath"), .string(field), "error converting fieldPath: field label not supported: \(field)")
    } else if !known.contains(field) {
      let shown = field == "spec.host" ? "spec.nodeName" : field
      if !known.contains(shown) {
        findings.add(.notSupported(path.child("fieldPath"), .string(shown), known.sorted()))
      }
    }
  }

  static func resource(
    _ reference: JSONValue, isVolume: Bool = false, _ path: FieldPath, _ findings: inout Findings
  ) {
    let resource = reference.text("resource")
    if isVolume, reference.text("containerName").isEmpty {
      findings.required(path.child("containerName"))
    } else if resource.isEmpty {
      if isVolume { findings.required(path.child("resource")) }
    } else if !containerResources.contains(resource), !resource.hasPrefix("requests.hugepages-"),
      !resource.hasPrefix("limits.hugepages-")
    {
      findings.add(.notSupported(path.child("resource"), .string(resource), containerResources.sorted()))
    }
    divisor(reference, resource, path.child("divisor"), &findings)
  }

  private static let sizes = [
    "1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei",
  ]

  /// In which units an amount is shown.
  private static func divisor(
    _ reference: JSONValue, _ resource: String, _ path: FieldPath, _ findings: inout Findings
  ) {
    guard let divisor = Quantity(reading: reference.text("divisor")), divisor.sign != 0 else { return }
    let text = divisor.description
    let word: String
    switch resource {
    case "limits.cpu", "requests.cpu":
      if text != "1m", text != "1" {
        findings.invalid(
          path, .string(resource), "only divisor's values 1m and 1 are supported with the cpu resource")
      }
      return
    case "limits.memory", "requests.memory": word = "memory"
    case "limits.ephemeral-storage", "requests.ephemeral-storage": word = "local ephemeral storage"
    default:
      guard resource.contains(".hugepages-") else { return }
      word = "hugepages"
    }
    if !sizes.contains(text) {
      findings.invalid(
        path, .string(resource),
        "only divisor's values \(sizes.joined(separator: ", ")) are supported with the \(word) resource")
    }
  }

  /// - Parameter list: upstream does not say which source has none, or several.
  static func variables(_ source: JSONValue, _ path: FieldPath, in list: FieldPath, _ findings: inout Findings) {
    let prefix = source.text("prefix")
    if !prefix.isEmpty {
      findings.invalid(path.child("prefix"), .string(prefix), NameRules.environmentVariable(prefix))
    }
    let present = ["configMapRef", "secretRef"].filter(source.has)
    for name in present where source[name]?.text("name").isEmpty == true {
      findings.required(path.child(name, "name"))
    }
    for name in present {
      let text = source[name]?.text("name") ?? ""
      if !text.isEmpty { findings.invalid(path.child(name, "name"), .string(text), NameRules.dns1123Subdomain(text)) }
    }
    if present.isEmpty {
      findings.invalid(list, "", "must specify one of: `configMapRef` or `secretRef`")
    } else if present.count > 1 {
      findings.invalid(list, "", "may not have more than one field specified at a time")
    }
  }
}
