import APIMachinery

/// Warnings about volumes, claims and their classes.
enum StorageWarnings {
  static func volume(_ volume: JSONValue, _ warnings: inout Warnings) {
    guard let spec = volume["spec"] else { return }
    let path = FieldPath("spec")
    annotations(volume, ["storage-class", "mount-options"], &warnings)
    if spec.text("persistentVolumeReclaimPolicy") == "Recycle" {
      warnings.add(
        path.child("persistentVolumeReclaimPolicy"),
        "The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.")
    }
    let terms = path.child("nodeAffinity", "required", "nodeSelectorTerms")
    for (index, term) in (spec["nodeAffinity"]?["required"]?.items("nodeSelectorTerms") ?? []).enumerated() {
      OldNodeLabels.expressions(term, terms.index(index), &warnings)
    }
    for (kind, word) in [
      ("photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"),
      ("scaleIO", "deprecated in v1.16, non-functional in v1.22+"),
      ("storageos", "deprecated in v1.22, non-functional in v1.25+"),
      ("glusterfs", "deprecated in v1.25, non-functional in v1.26+"),
      ("cephfs", "deprecated in v1.28, non-functional in v1.31+"),
      ("rbd", "deprecated in v1.28, non-functional in v1.31+"),
    ] where spec.has(kind) {
      warnings.add(path.child(kind == "storageos" ? "storageOS" : kind), word)
    }
  }

  static func claim(_ claim: JSONValue, _ warnings: inout Warnings) {
    annotations(claim, ["storage-class"], &warnings)
    request(claim["spec"], FieldPath("spec"), &warnings)
  }

  /// What a claim asks for.
  static func request(_ spec: JSONValue?, _ path: FieldPath, _ warnings: inout Warnings) {
    for list in ["requests", "limits"] {
      fraction(spec?["resources"]?[list]?["storage"], path.child("resources", list).key("storage"), &warnings)
    }
  }

  /// A part of a byte is none.
  static func fraction(_ amount: JSONValue?, _ path: FieldPath, _ warnings: inout Warnings) {
    guard let text = amount?.stringValue, let quantity = Quantity(reading: text), !quantity.isWhole else { return }
    warnings.add(path, "fractional byte value \(quantity.description.goQuoted) is invalid, must be an integer")
  }

  static func storageClass(_ object: JSONValue, _ warnings: inout Warnings) {
    for (index, term) in object.items("allowedTopologies").enumerated() {
      let path = FieldPath("allowedTopologies").index(index).child("matchLabelExpressions")
      for (position, expression) in term.items("matchLabelExpressions").enumerated() {
        if let word = OldNodeLabels.word(expression.text("key")) {
          warnings.add(path.index(position).child("key"), word)
        }
      }
    }
  }

  /// Tokens among the attributes of a volume may be logged.
  static func driver(_ new: JSONValue, _ old: JSONValue?, _ warnings: inout Warnings) {
    guard let spec = new["spec"], !spec.items("tokenRequests").isEmpty, !spec.has("serviceAccountTokenInSecrets"),
      spec["tokenRequests"] != old?["spec"]?["tokenRequests"]
    else { return }
    warnings.add(
      "spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible "
        + "logging of tokens in volume attributes")
  }

  static func capacity(_ object: JSONValue, _ warnings: inout Warnings) {
    guard let nodes = object["nodeTopology"] else { return }
    let path = FieldPath("nodeTopology")
    for (index, expression) in nodes.items("matchExpressions").enumerated() {
      let key = expression.text("key")
      if let word = OldNodeLabels.word(key) {
        warnings.add(path.child("matchExpressions").index(index).child("key"), "\(key) is \(word)")
      }
    }
    for (key, _) in nodes["matchLabels"]?.objectValue ?? [:] {
      if let word = OldNodeLabels.word(key) { warnings.add(path.child("matchLabels", key), word) }
    }
  }

  private static func annotations(_ object: JSONValue, _ names: [String], _ warnings: inout Warnings) {
    let notes = object["metadata"]?["annotations"]
    let words = [
      "storage-class": #"deprecated since v1.8; use "storageClassName" attribute instead"#,
      "mount-options": #"deprecated since v1.31; use "mountOptions" attribute instead"#,
    ]
    for name in names {
      let annotation = "volume.beta.kubernetes.io/\(name)"
      if notes?.has(annotation) == true, let word = words[name] {
        warnings.add(FieldPath("metadata", "annotations").key(annotation), word)
      }
    }
  }
}
