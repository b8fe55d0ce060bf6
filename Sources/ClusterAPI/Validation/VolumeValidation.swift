import APIMachinery

/// Volumes of a pod and what persistent volumes are made of.
enum VolumeValidation {
  /// - Parameters:
  ///   - pod: the pod whose volumes they are; nil where they are a template's.
  ///   - isNew: the pod is being made.
  /// - Returns: the volumes that are sound, by name.
  static func validate(
    pod spec: JSONValue, _ path: FieldPath, of pod: JSONValue?, isNew: Bool, _ findings: inout Findings
  ) -> [String: JSONValue] {
    var sound: [String: JSONValue] = [:]
    let name = pod?.text("metadata", "name") ?? ""
    let made = spec.items("volumes").filter { !name.isEmpty && $0.has("ephemeral") }
    let claims = Set(made.map { "\(name)-\($0.text("name"))" })
    for (index, volume) in spec.items("volumes").enumerated() {
      let path = path.index(index)
      self.volume(volume, podName: name, path, &findings)
      // A template may leave it open.
      if isNew, kinds.first(where: volume.has) == "image", volume["image"]?.text("reference").isEmpty == true {
        findings.required(path.child("image", "reference"))
      }
      let name = volume.text("name")
      if name.isEmpty {
        findings.required(path.child("name"))
      } else {
        findings.invalid(path.child("name"), .string(name), NameRules.dns1123Label(name))
        if sound[name] != nil { findings.add(.duplicate(path.child("name"), .string(name))) }
      }
      // What a schema says of the volume has been found before.
      let place = path.description
      if !name.isEmpty, !findings.errors.contains(where: { $0.field == place || $0.field.hasPrefix(place + ".") }) {
        sound[name] = volume
      }
      if let claim = volume["persistentVolumeClaim"]?.text("claimName"), claims.contains(claim) {
        findings.invalid(
          path.child("persistentVolumeClaim", "claimName"), .string(claim),
          "must not reference a PVC that gets created for an ephemeral volume")
      }
    }
    return sound
  }

  /// Where several are there the first of this order counts.
  private static let kinds = [
    "emptyDir", "hostPath", "gitRepo", "gcePersistentDisk", "awsElasticBlockStore", "secret", "nfs", "iscsi",
    "glusterfs", "flocker", "persistentVolumeClaim", "rbd", "cinder", "cephfs", "quobyte", "downwardAPI", "fc",
    "flexVolume", "configMap", "azureFile", "vsphereVolume", "photonPersistentDisk", "portworxVolume", "azureDisk",
    "storageos", "projected", "scaleIO", "csi", "ephemeral", "image",
  ]

  private static let hostPathTypes = [
    "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket",
  ]

  private static func volume(
    _ volume: JSONValue, podName: String, _ path: FieldPath, _ findings: inout Findings
  ) {
    let sources = kinds.filter(volume.has)
    guard let kind = sources.first, let source = volume[kind] else {
      return findings.required(path, "must specify a volume type")
    }
    self.source(kind, source, path.child(FieldSpelling.within(kind)), &findings)
    if kind == "iscsi", source.has("initiatorName"),
      (volume.text("name") + ":" + source.text("targetPortal")).utf8.count > 64
    {
      findings.invalid(
        path.child("name"), .string(volume.text("name")),
        "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified."
      )
    }
    for other in sources.dropFirst() {
      findings.forbidden(path.child(FieldSpelling.told(other)), "may not specify more than 1 volume type")
      findings.passOver(below: path.child(other))
    }
    // The claim that is made for it is named after both.
    if kind == "ephemeral", !podName.isEmpty, !volume.text("name").isEmpty {
      let claim = "\(podName)-\(volume.text("name"))"
      for problem in NameRules.dns1123Subdomain(claim) {
        findings.invalid(path.child("name"), volume["name"], "PVC name \(claim.goQuoted): \(problem)")
      }
    }
  }

  static func source(_ kind: String, _ source: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    switch kind {
    case "emptyDir":
      if let size = Quantity(reading: source.text("sizeLimit")), size.sign < 0 {
        findings.forbidden(path.child("sizeLimit"), "SizeLimit field must be a valid resource quantity")
      }
    case "hostPath":
      if source.text("path").isEmpty {
        findings.required(path.child("path"))
        findings.passOver(below: path)
      } else {
        withoutParent(source.text("path"), path.child("path"), &findings)
        findings.supportedIfGiven(source, "type", hostPathTypes, path)
      }
    case "persistentVolumeClaim":
      if source.text("claimName").isEmpty { findings.required(path.child("claimName")) }
    case "secret":
      if source.text("secretName").isEmpty { findings.required(path.child("secretName")) }
      files(source, path, &findings)
    case "configMap":
      if source.text("name").isEmpty { findings.required(path.child("name")) }
      files(source, path, &findings)
    case "downwardAPI": podFiles(source, path, &findings)
    case "projected": projected(source, path, &findings)
    case "nfs":
      let folder = source.text("path")
      if !folder.hasPrefix("/") { findings.invalid(path.child("path"), .string(folder), "must be an absolute path") }
    case "flocker", "quobyte", "storageos", "azureDisk", "flexVolume", "cinder", "gcePersistentDisk",
      "awsElasticBlockStore":
      retired(kind, source, path, &findings)
    case "scaleIO":
      if source.text("volumeName").isEmpty { findings.required(path.child("volumeName")) }
    case "iscsi": iscsi(source, path, &findings)
    case "fc": fibreChannel(source, path, &findings)
    case "csi":
      driver(source, path, &findings)
      guard let secret = source["nodePublishSecretRef"] else { return }
      let name = secret.text("name")
      if name.isEmpty {
        findings.required(path.child("nodePublishSecretRef", "name"))
      } else {
        // The place is upstream's.
        findings.invalid(path.child("name"), .string(name), NameRules.dns1123Subdomain(name))
      }
    case "ephemeral":
      guard let template = source["volumeClaimTemplate"] else {
        return findings.required(path.child("volumeClaimTemplate"))
      }
      let path = path.child("volumeClaimTemplate")
      MetadataValidation.template(template["metadata"], path.child("metadata"), &findings)
      ClaimValidation.validate(spec: template["spec"] ?? [:], path.child("spec"), &findings)
    case "local":
      withoutParent(source.text("path"), path.child("path"), &findings)
    case "gitRepo":
      let folder = source.text("directory")
      if !folder.isEmpty { relativePath(folder, path.child("directory"), &findings) }
    default: break
    }
  }

  // MARK: - Files

  private static func mode(_ value: JSONValue?, _ path: FieldPath, _ findings: inout Findings) {
    guard let mode = value?.integerValue, !(0...0o777).contains(mode) else { return }
    findings.invalid(path, .integer(mode), "must be a number between 0 and 0777 (octal), both inclusive")
  }

  private static func files(_ source: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    mode(source["defaultMode"], path.child("defaultMode"), &findings)
    for (index, item) in source.items("items").enumerated() {
      let path = path.child("items").index(index)
      let file = item.text("path")
      if !file.isEmpty { unreservedPath(file, path.child("path"), &findings) }
      mode(item["mode"], path.child("mode"), &findings)
    }
  }

  private static let podFields: Set<String> = [
    "metadata.name", "metadata.namespace", "metadata.labels", "metadata.annotations", "metadata.uid",
  ]

  private static func podFiles(_ source: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    mode(source["defaultMode"], path.child("defaultMode"), &findings)
    // Upstream does not say which item it is.
    for item in source.items("items") {
      let file = item.text("path")
      if file.isEmpty { findings.required(path.child("path")) }
      if !file.isEmpty { unreservedPath(file, path.child("path"), &findings) }
      switch (item["fieldRef"], item["resourceFieldRef"]) {
      case (let field?, let resource):
        EnvironmentValidation.field(field, isVolume: true, podFields, path.child("fieldRef"), &findings)
        if resource != nil {
          findings.invalid(path, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously")
        }
      case (nil, let resource?):
        EnvironmentValidation.resource(resource, isVolume: true, path.child("resourceFieldRef"), &findings)
      case (nil, nil): findings.required(path, "one of fieldRef and resourceFieldRef is required")
      }
      mode(item["mode"], path.child("mode"), &findings)
    }
  }

  private static func projected(_ source: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    mode(source["defaultMode"], path.child("defaultMode"), &findings)
    let volume = path
    var taken: Set<String> = []
    for (index, part) in source.items("sources").enumerated() {
      let path = path.child("sources").index(index)
      let present = projections.filter(part.has)
      for kind in present {
        projection(kind, part[kind] ?? [:], path.child(kind), of: volume, &taken, &findings)
      }
      if present.count > 1 { findings.forbidden(path, "may not specify more than 1 volume type per source") }
    }
  }

  /// In the order in which upstream looks at them.
  private static let projections = [
    "secret", "configMap", "downwardAPI", "serviceAccountToken", "clusterTrustBundle", "podCertificate",
  ]

  /// - Parameters:
  ///   - volume: the place of the volume's source: of some problems upstream does not say which of its parts has them.
  ///   - taken: the paths of files that the volume has.
  private static func projection(
    _ kind: String, _ content: JSONValue, _ place: FieldPath, of volume: FieldPath, _ taken: inout Set<String>,
    _ findings: inout Findings
  ) {
    switch kind {
    case "secret", "configMap":
      if content.text("name").isEmpty { findings.required(place.child("name")) }
      self.files(content, place, &findings)
    case "downwardAPI": podFiles(content, place, &findings)
    case "serviceAccountToken":
      let seconds = content["expirationSeconds"]?.integerValue ?? 0
      if seconds < 600 {
        findings.invalid(
          place.child("expirationSeconds"), .integer(seconds), "may not specify a duration less than 10 minutes")
      } else if seconds > 1 << 32 {
        findings.invalid(
          place.child("expirationSeconds"), .integer(seconds), "may not specify a duration larger than 2^32 seconds")
      }
      let file = content.text("path")
      if file.isEmpty {
        findings.required(volume.child("path"))
      } else {
        unreservedPath(file, volume.child("path"), &findings)
      }
    case "clusterTrustBundle":
      let isNamed = !content.text("name").isEmpty
      if isNamed == !content.text("signerName").isEmpty {
        findings.invalid(
          place, content,
          isNamed ? "only one of name and signerName may be used" : "must specify one of name or signerName")
      }
    default: break
    }
    // Upstream does not look at the paths of tokens.
    let files =
      content.items("items").map { $0.text("path") }
      + (kind == "clusterTrustBundle" ? [content.text("path")] : [])
    for file in files where !file.isEmpty && !taken.insert(file).inserted {
      let shown = kind == "secret" || kind == "configMap" ? content.text("name") : file
      findings.invalid(volume, .string(shown), "conflicting duplicate paths")
    }
  }

  // MARK: - Paths

  static func withoutParent(_ text: String, _ path: FieldPath, _ findings: inout Findings) {
    if text.split(separator: "/").contains("..") { findings.invalid(path, .string(text), "must not contain '..'") }
  }

  static func relativePath(_ text: String, _ path: FieldPath, _ findings: inout Findings) {
    if text.hasPrefix("/") { findings.invalid(path, .string(text), "must be a relative path") }
    withoutParent(text, path, &findings)
  }

  /// A relative path that does not begin with two dots: names that do are the volume's own.
  private static func unreservedPath(_ text: String, _ path: FieldPath, _ findings: inout Findings) {
    relativePath(text, path, &findings)
    if text.hasPrefix(".."), !text.hasPrefix("../") {
      findings.invalid(path, .string(text), "must not start with '..'")
    }
  }
}
