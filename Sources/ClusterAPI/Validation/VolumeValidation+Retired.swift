import APIMachinery

/// Volumes that drivers of storage systems serve today: what they were as types of their own is judged still.
extension VolumeValidation {
  static func retired(_ kind: String, _ source: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    switch kind {
    case "flocker": flocker(source, path, &findings)
    case "quobyte": quobyte(source, path, &findings)
    case "storageos": storageOS(source, path, &findings)
    case "azureDisk": azureDisk(source, path, &findings)
    case "flexVolume": flexible(source, path, &findings)
    case "cinder":
      if let secret = source["secretRef"], secret.text("name").isEmpty {
        findings.required(path.child("secretRef", "name"))
      }
    case "gcePersistentDisk":
      if source.text("pdName").isEmpty { findings.required(path.child("pdName")) }
      partition(source, path, &findings)
    case "awsElasticBlockStore": partition(source, path, &findings)
    default: break
    }
  }

  private static func partition(_ source: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    guard let number = source["partition"]?.integerValue, !(0...255).contains(number) else { return }
    findings.invalid(path.child("partition"), .integer(number), NameRules.between(1, 255))
  }

  private static func flocker(_ source: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let (name, identifier) = (source.text("datasetName"), source.text("datasetUUID"))
    if name.isEmpty, identifier.isEmpty {
      findings.required(path, "one of datasetName and datasetUUID is required")
    }
    if !name.isEmpty, !identifier.isEmpty {
      findings.invalid(path, "resource", "datasetName and datasetUUID can not be specified simultaneously")
    }
    if name.contains("/") { findings.invalid(path.child("datasetName"), .string(name), "must not contain '/'") }
  }

  private static let registryForm = "must be a host:port pair or multiple pairs separated by commas"

  private static func quobyte(_ source: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let registry = source.text("registry")
    if registry.isEmpty {
      findings.required(path.child("registry"), registryForm)
    } else if source.text("tenant").utf8.count > 64 {
      findings.required(path.child("tenant"), "must be a UUID and may not exceed a length of 64 characters")
    } else {
      for pair in registry.split(separator: ",", omittingEmptySubsequences: false) where !isHostAndPort(pair) {
        findings.invalid(path.child("registry"), .string(registry), registryForm)
      }
    }
  }

  /// Whether Go's `net.SplitHostPort` takes it: the port is what follows the last colon, and a host with colons stands
  /// between brackets.
  private static func isHostAndPort(_ text: Substring) -> Bool {
    guard let colon = text.lastIndex(of: ":") else { return false }
    var host = text[..<colon]
    if host.hasPrefix("[") {
      guard host.hasSuffix("]") else { return false }
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      return false
    }
    return ![host, text[colon...]].contains { $0.contains("[") || $0.contains("]") }
  }

  private static func storageOS(_ source: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let (name, namespace) = (source.text("volumeName"), source.text("volumeNamespace"))
    if name.isEmpty {
      findings.required(path.child("volumeName"))
    } else {
      findings.invalid(path.child("volumeName"), .string(name), NameRules.dns1123Label(name))
    }
    if !namespace.isEmpty {
      findings.invalid(path.child("volumeNamespace"), .string(namespace), NameRules.dns1123Label(namespace))
    }
    // In a volume of the cluster the reference names a namespace as well.
    if let secret = source["secretRef"], secret.text("name").isEmpty {
      findings.required(path.child("secretRef", "name"))
    }
  }

  private static func azureDisk(_ source: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let place = source.text("diskURI")
    for name in ["diskName", "diskURI"] where source.text(name).isEmpty { findings.required(path.child(name)) }
    findings.supportedIfGiven(source, "cachingMode", ["None", "ReadOnly", "ReadWrite"], path)
    findings.supportedIfGiven(source, "kind", ["Dedicated", "Managed", "Shared"], path)
    guard let kind = source["kind"]?.stringValue else { return }
    let form =
      kind == "Managed"
      ? "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}"
      : "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd"
    if !place.hasPrefix(kind == "Managed" ? "/subscriptions/" : "https://") {
      findings.add(.notSupported(path.child("diskURI"), .string(place), [form]))
    }
  }

  private static func flexible(_ source: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    for (key, _) in MetadataValidation.sorted(source["options"]) {
      let namespace = key.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
      let whole = "." + (namespace.count == 2 ? String(namespace[0]) : key).lowercased()
      if whole.hasSuffix(".kubernetes.io") || whole.hasSuffix(".k8s.io") {
        findings.invalid(
          path.child("options").key(key), .string(key), "kubernetes.io and k8s.io namespaces are reserved")
      }
    }
  }
}
