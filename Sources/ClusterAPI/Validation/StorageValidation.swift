import APIMachinery

/// Persistent volumes, storage classes and what CSI drivers need.
enum StorageValidation {
  static let accessModes = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"]

  /// Where several are there the first of this order counts.
  private static let sources = [
    "hostPath", "gcePersistentDisk", "awsElasticBlockStore", "glusterfs", "flocker", "nfs", "rbd", "quobyte", "cephfs",
    "iscsi", "cinder", "fc", "flexVolume", "azureFile", "vsphereVolume", "photonPersistentDisk", "portworxVolume",
    "azureDisk", "scaleIO", "local", "storageos", "csi",
  ]

  static func validate(volume new: JSONValue, _ old: JSONValue?, _ findings: inout Findings) {
    guard let spec = new["spec"] else { return }
    let path = FieldPath("spec")
    someModes(spec, path, whenNone: "", &findings)
    knownModes(spec, path, &findings)
    let capacity = spec["capacity"]?.objectValue ?? [:]
    if capacity.isEmpty { findings.required(path.child("capacity")) }
    if capacity["storage"] == nil || capacity.count > 1 {
      findings.add(.notSupported(path.child("capacity"), spec["capacity"] ?? .null, ["storage"]))
    }
    for (name, value) in MetadataValidation.sorted(spec["capacity"]) {
      guard let amount = Quantity(reading: value.stringValue ?? "") else { continue }
      if amount.value < 0 {
        findings.invalid(path.child("capacity").key(name), .integer(amount.value), "must be a valid resource quantity")
      }
      if amount.sign <= 0 {
        findings.invalid(path.child("capacity").key(name), .string(amount.description), "must be greater than zero")
      }
    }
    if let selector = spec["nodeAffinity"]?["required"] {
      SchedulingValidation.nodeSelector(selector, path.child("nodeAffinity", "required"), &findings)
    } else if spec.has("nodeAffinity") {
      findings.required(path.child("nodeAffinity", "required"), "must specify required node constraints")
    }
    let plain: Set<String> = [
      "capacity", "accessModes", "claimRef", "persistentVolumeReclaimPolicy", "storageClassName", "mountOptions",
      "volumeMode", "nodeAffinity", "volumeAttributesClassName",
    ]
    let sources = Self.sources.filter(spec.has)
    if sources.isEmpty { findings.required(path, "must specify a volume type") }
    if let kind = sources.first, let source = spec[kind] {
      VolumeValidation.source(
        kind, persistent: source, volume: new.text("metadata", "name"), path.child(FieldSpelling.within(kind)),
        &findings)
      if kind == "local", !spec.has("nodeAffinity") {
        findings.required(path.child("nodeAffinity"), "Local volume requires node affinity")
      }
      if kind == "hostPath", source.text("path") == "/", spec.text("persistentVolumeReclaimPolicy") == "Recycle" {
        findings.forbidden(
          path.child("persistentVolumeReclaimPolicy"), "may not be 'recycle' for a hostPath mount of '/'")
      }
    }
    // A volume of a driver's own is never one too many.
    for source in sources.dropFirst() where source != "flexVolume" {
      findings.forbidden(path.child(FieldSpelling.told(source)), "may not specify more than 1 volume type")
    }
    if sources.dropFirst().contains("flexVolume"), let source = spec["flexVolume"] {
      VolumeValidation.source("flexVolume", source, path.child("flexVolume"), &findings)
    }
    className(spec.text("storageClassName"), path.child("storageClassName"), &findings)
    if let name = spec["volumeAttributesClassName"]?.stringValue {
      if name.isEmpty {
        findings.required(path.child("volumeAttributesClassName"), "an empty string is disallowed")
      } else {
        className(name, path.child("volumeAttributesClassName"), &findings)
      }
      if !spec.has("csi") {
        findings.required(path.child("csi"), "has to be specified when using volumeAttributesClassName")
      }
    }
    guard let old = old?["spec"] else { return }
    update(spec, old, plain, &findings)
  }

  /// Some of the places are upstream's.
  private static func update(
    _ new: JSONValue, _ old: JSONValue, _ plain: Set<String>, _ findings: inout Findings
  ) {
    func source(_ spec: JSONValue) -> JSONValue {
      var source = spec
      source.editObject { members in for name in plain { members.remove(name) } }
      return source
    }
    var now = source(new)
    // Who may make a volume larger can be said later.
    if old.has("csi"), old["csi"]?.has("controllerExpandSecretRef") != true {
      now.edit("csi") { $0.editObject { _ = $0.remove("controllerExpandSecretRef") } }
    }
    if now != source(old) {
      findings.forbidden(
        FieldPath("spec", "persistentvolumesource"),
        "spec.persistentvolumesource is immutable after creation\n"
          + InternalForm.difference(source(old), now, "core.PersistentVolumeSource"))
    }
    findings.immutable(new["volumeMode"], old["volumeMode"], FieldPath("volumeMode"))
    if old.has("nodeAffinity"), new["nodeAffinity"] != old["nodeAffinity"] {
      findings.invalid(
        FieldPath("nodeAffinity"), new["nodeAffinity"] ?? .null,
        Findings.immutable + ", except for updating from beta label to GA")
    }
    if old.has("volumeAttributesClassName"), !new.has("volumeAttributesClassName") {
      findings.forbidden(
        FieldPath("spec", "volumeAttributesClassName"), "update from non-nil value to nil is forbidden")
    }
  }

  static func someModes(
    _ spec: JSONValue, _ path: FieldPath, whenNone detail: String = "at least 1 access mode is required",
    _ findings: inout Findings
  ) {
    if spec.items("accessModes").isEmpty { findings.required(path.child("accessModes"), detail) }
  }

  static func knownModes(_ spec: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let modes = spec.items("accessModes")
    for mode in modes where !accessModes.contains(mode.stringValue ?? "") {
      findings.add(.notSupported(path.child("accessModes"), mode, accessModes))
    }
    if modes.contains("ReadWriteOncePod"),
      modes.contains(where: { $0 != "ReadWriteOncePod" && accessModes.contains($0.stringValue ?? "") })
    {
      findings.forbidden(
        path.child("accessModes"), "may not use ReadWriteOncePod with other access modes")
    }
  }

  static func className(_ name: String, _ path: FieldPath, _ findings: inout Findings) {
    if !name.isEmpty { findings.invalid(path, .string(name), NameRules.dns1123Subdomain(name)) }
  }

  static func driverName(_ name: String, _ path: FieldPath, _ findings: inout Findings) {
    if name.utf8.count > 63 { findings.add(.tooLong(path, maximumBytes: 63)) }
    findings.invalid(path, .string(name), NameRules.dns1123Subdomain(name.lowercased()))
  }

  // MARK: - Classes and drivers

  /// Who makes volumes or changes them: a qualified name, of a driver or of something in one.
  private static func provisioner(_ name: String, _ path: FieldPath, _ findings: inout Findings) {
    if !name.isEmpty { findings.invalid(path, .string(name), NameRules.labelKey(name.lowercased())) }
  }

  static func validate(storageClass new: JSONValue, _ old: JSONValue?, _ findings: inout Findings) {
    self.provisioner(new.text("provisioner"), FieldPath("provisioner"), &findings)
    parameters(new["parameters"], FieldPath("parameters"), &findings)
    let policy = new.text("reclaimPolicy")
    if !["", "Delete", "Retain"].contains(policy) {
      findings.add(.notSupported(FieldPath("reclaimPolicy"), .string(policy), ["Delete", "Retain"]))
    }
    topologies(new.items("allowedTopologies"), FieldPath("allowedTopologies"), &findings)
    guard let old else { return }
    for name in ["parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"]
    where (new[name] ?? [:]) != (old[name] ?? [:]) {
      findings.invalid(FieldPath(name), new[name] ?? (name == "provisioner" ? "" : .null), Findings.immutable)
    }
  }

  /// Terms of which each is told how many are like it: their number is told by its square.
  private static let mostCompared = 100

  /// Terms, the keys of a term and the values of a key differ from each other.
  private static func topologies(_ terms: [JSONValue], _ path: FieldPath, _ findings: inout Findings) {
    var seen: [[String: Set<String>]: Int] = [:]
    for (index, term) in terms.enumerated() {
      let path = path.index(index)
      var known: [String: Set<String>] = [:]
      for (position, requirement) in term.items("matchLabelExpressions").enumerated() {
        let path = path.child("matchLabelExpressions").index(position)
        let key = requirement.text("key")
        var values: Set<String> = []
        for (place, value) in requirement.items("values").enumerated()
        where !values.insert(value.stringValue ?? "").inserted {
          findings.add(.duplicate(path.child("values").index(place), value))
        }
        findings.invalid(path.child("key"), .string(key), NameRules.labelKey(key))
        if known.updateValue(values, forKey: key) != nil { findings.add(.duplicate(path.child("key"), .string(key))) }
      }
      // Upstream compares with as many empty terms as well, and tells each one that is the same: of very many, here one.
      let same = seen[known, default: 0] + (known.isEmpty ? terms.count : 0)
      for _ in 0..<(terms.count > mostCompared ? min(same, 1) : same) {
        findings.add(.duplicate(path.child("matchLabelExpressions"), ""))
      }
      seen[known, default: 0] += 1
    }
  }

  private static func parameters(_ parameters: JSONValue?, _ path: FieldPath, _ findings: inout Findings) {
    guard let parameters = parameters?.objectValue else { return }
    guard parameters.count <= 512 else { return findings.add(.tooLong(path, maximumBytes: 512)) }
    var size = 0
    for (key, value) in parameters {
      if key.isEmpty { findings.invalid(path, "", "field can not be empty.") }
      size += key.utf8.count + (value.stringValue?.utf8.count ?? 0)
    }
    if size > 256 << 10 { findings.add(.tooLong(path, maximumBytes: 256 << 10)) }
  }

  static func validate(attributesClass new: JSONValue, _ old: JSONValue?, _ findings: inout Findings) {
    provisioner(new.text("driverName"), FieldPath("driverName"), &findings)
    if new["parameters"]?.objectValue?.isEmpty ?? true {
      findings.required(FieldPath("parameters"), "must contain at least one key/value pair")
    }
    parameters(new["parameters"], FieldPath("parameters"), &findings)
    guard let old else { return }
    for name in ["driverName", "parameters"] where (new[name] ?? [:]) != (old[name] ?? [:]) {
      findings.forbidden(FieldPath(name), "updates to \(name) are forbidden.")
    }
  }

  static func validate(driver new: JSONValue, _ old: JSONValue?, _ findings: inout Findings) {
    let path = FieldPath("spec")
    guard let spec = new["spec"] else { return }
    driverName(new.text("metadata", "name"), FieldPath("metadata", "name"), &findings)
    for name in ["attachRequired", "podInfoOnMount", "storageCapacity"] where !spec.has(name) {
      findings.required(path.child(name))
    }
    findings.supportedIfGiven(spec, "fsGroupPolicy", ["File", "None", "ReadWriteOnceWithFSType"], path)
    var audiences: Set<String> = []
    for (index, request) in spec.items("tokenRequests").enumerated() {
      let path = path.child("tokenRequests").index(index)
      if !audiences.insert(request.text("audience")).inserted {
        findings.add(.duplicate(path.child("audience"), .string(request.text("audience"))))
        continue
      }
      if let seconds = request["expirationSeconds"]?.integerValue {
        if seconds < 600 {
          findings.invalid(
            path.child("expirationSeconds"), .integer(seconds), "may not specify a duration less than 10 minutes")
        }
        if seconds > 1 << 32 {
          findings.invalid(
            path.child("expirationSeconds"), .integer(seconds), "may not specify a duration larger than 2^32 seconds")
        }
      }
    }
    for mode in spec.items("volumeLifecycleModes") where mode != "Persistent" && mode != "Ephemeral" {
      findings.add(.notSupported(path.child("volumeLifecycleModes"), mode, ["Persistent", "Ephemeral"]))
    }
    if let seconds = spec["nodeAllocatableUpdatePeriodSeconds"]?.integerValue, seconds < 10 {
      findings.invalid(
        path.child("nodeAllocatableUpdatePeriodSeconds"), .integer(seconds),
        "must be greater than or equal to 10 seconds")
    }
    if spec.has("serviceAccountTokenInSecrets"), spec.items("tokenRequests").isEmpty {
      findings.invalid(
        path.child("serviceAccountTokenInSecrets"), spec["serviceAccountTokenInSecrets"],
        "serviceAccountTokenInSecrets is set but no tokenRequests are specified")
    }
    guard let old = old?["spec"] else { return }
    findings.immutable(spec["attachRequired"], old["attachRequired"], path.child("attachedRequired"))
    findings.immutable(
      spec["volumeLifecycleModes"], old["volumeLifecycleModes"], path.child("volumeLifecycleModes"))
  }

  static func validate(attachment new: JSONValue, _ old: JSONValue?, _ findings: inout Findings) {
    let path = FieldPath("spec")
    guard let spec = new["spec"] else { return }
    let attacher = spec.text("attacher")
    if !attacher.isEmpty { driverName(attacher, path.child("attacher"), &findings) }
    let source = spec["source"] ?? [:]
    let isNamed = source.has("persistentVolumeName")
    let words = "must specify exactly one of inlineVolumeSpec and persistentVolumeName"
    switch (isNamed, source.has("inlineVolumeSpec")) {
    case (true, true): findings.forbidden(path.child("source"), words)
    case (false, false): findings.required(path.child("source"), words)
    default: break
    }
    let name = source.text("persistentVolumeName")
    if isNamed, name.isEmpty, !source.has("inlineVolumeSpec") {
      findings.required(path.child("source", "persistentVolumeName"), "must specify non empty persistentVolumeName")
    }
    if let inline = source["inlineVolumeSpec"], !inline.isNull, !isNamed {
      self.inline(inline, path.child("source", "inlineVolumeSpec"), &findings)
    }
    let node = spec.text("nodeName")
    findings.invalid(path.child("nodeName"), .string(node), NameRules.dns1123Subdomain(node))
    if isNamed {
      findings.invalid(
        path.child("source", "persistentVolumeName"), .string(name), NameRules.dns1123Subdomain(name))
    }
    if let old { findings.immutable(spec, old["spec"], path, shownAs: "storage.VolumeAttachmentSpec") }
  }

  /// A volume that no object describes: there is only one that a driver serves.
  private static func inline(_ volume: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let words = "may not be specified in the context of inline volumes"
    if volume.has("claimRef") { findings.forbidden(path.child("claimRef"), words) }
    if volume["capacity"]?.objectValue?.isEmpty == false { findings.forbidden(path.child("capacity"), words) }
    if let driver = volume["csi"], !driver.isNull {
      VolumeValidation.source("csi", persistent: driver, path.child("csi"), &findings)
    } else {
      findings.required(path.child("csi"), "has to be specified in the context of inline volumes")
    }
    someModes(volume, path, whenNone: "", &findings)
    knownModes(volume, path, &findings)
    let policy = volume.text("persistentVolumeReclaimPolicy")
    if !policy.isEmpty, policy != "Retain" {
      findings.forbidden(
        path.child("persistentVolumeReclaimPolicy"), "may only be Retain in the context of inline volumes")
    }
    if volume.has("nodeAffinity") { findings.forbidden(path.child("nodeAffinity"), words) }
    if !volume.text("storageClassName").isEmpty { findings.forbidden(path.child("storageClassName"), words) }
    if let mode = volume["volumeMode"], !mode.isNull, mode != "Filesystem" {
      findings.forbidden(
        path.child("volumeMode"), "may not specify volumeMode other than Filesystem in the context of inline volumes")
    }
  }

  private static let longestMetadata = 256 << 10
  private static let longestMessage = 1 << 10

  /// What a driver tells of an attachment.
  static func validate(statusOfAttachment new: JSONValue, _ findings: inout Findings) {
    let (status, path) = (new["status"] ?? [:], FieldPath("status"))
    var size = 0
    for (name, value) in MetadataValidation.sorted(status["attachmentMetadata"]) {
      size += name.utf8.count + (value.stringValue?.utf8.count ?? 0)
    }
    if size > longestMetadata {
      findings.add(.tooLong(path.child("attachmentMetadata"), maximumBytes: longestMetadata))
    }
    for name in ["attachError", "detachError"] {
      guard let error = status[name], !error.isNull else { continue }
      let path = path.child(name)
      if error.text("message").utf8.count > longestMessage {
        // The limit that is told is upstream's.
        findings.add(.tooLong(path.child("message"), maximumBytes: longestMetadata))
      }
      if let code = error["errorCode"]?.integerValue, code < 0 {
        findings.invalid(path.child("errorCode"), .integer(code), NameRules.between(0, Int64(Int32.max)))
      }
    }
  }

  static func validate(capacity new: JSONValue, _ findings: inout Findings) {
    findings.invalid(
      FieldPath("storageClassName"), new["storageClassName"] ?? "",
      NameRules.dns1123Subdomain(new.text("storageClassName")))
    if let amount = Quantity(reading: new.text("capacity")), amount.sign < 0 {
      findings.invalid(FieldPath("capacity"), .string(amount.description), Findings.notNegative)
    }
    SelectorValidation.validate(new["nodeTopology"], FieldPath("nodeTopology"), &findings)
  }
}
