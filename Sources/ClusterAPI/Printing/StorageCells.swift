import APIMachinery

extension Cell {
  private static let modes = [
    ("ReadWriteOnce", "RWO"), ("ReadOnlyMany", "ROX"), ("ReadWriteMany", "RWX"), ("ReadWriteOncePod", "RWOP"),
  ]

  static let storage: [String: Function] = [
    "persistentVolumeCapacity": { .string($0.spec["capacity"]?.text("storage") ?? "") },
    "accessModes": { .string(modes($0.spec.items("accessModes"))) },
    "persistentVolumePhase": { $0.phase },
    "persistentVolumeClaim": { cell in
      guard let claim = cell.spec["claimRef"] else { return "" }
      return .string("\(claim.text("namespace"))/\(claim.text("name"))")
    },
    "persistentVolumeClass": { $0.className },
    "volumeAttributesClass": { $0.text($0.spec["volumeAttributesClassName"], or: unset) },
    "volumeMode": { $0.text($0.spec["volumeMode"], or: unset) },
    "claimPhase": { $0.phase },
    "claimCapacity": { cell in
      cell.spec.text("volumeName").isEmpty ? "" : .string(cell.status["capacity"]?.text("storage") ?? "")
    },
    "claimAccessModes": { cell in
      cell.spec.text("volumeName").isEmpty ? "" : .string(modes(cell.status.items("accessModes")))
    },
    "claimClass": { $0.className },
    "storageClassName": {
      $0.marked("storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class")
    },
    "attributesClassName": { $0.marked("volumeattributesclass.alpha.kubernetes.io/is-default-class") },
    "classReclaimPolicy": { $0.text($0.object["reclaimPolicy"], or: "Delete") },
    "classBindingMode": { $0.text($0.object["volumeBindingMode"], or: unset) },
    "classExpansion": { .bool($0.object["allowVolumeExpansion"] == true) },
    "attachmentVolume": { $0.text($0.spec["source"]?["persistentVolumeName"], or: "") },
    "attachmentAttached": { .bool($0.status["attached"] == true) },
    "nodeDrivers": { .integer(Int64($0.spec.items("drivers").count)) },
    "driverAttachRequired": { .bool($0.spec["attachRequired"] != false) },
    "driverPodInfo": { .bool($0.spec["podInfoOnMount"] == true) },
    "driverStorageCapacity": { .bool($0.spec["storageCapacity"] == true) },
    "driverRepublish": { .bool($0.spec["requiresRepublish"] == true) },
    "driverTokenRequests": { cell in
      let audiences = cell.spec.items("tokenRequests").map { $0.text("audience") }
      return audiences.isEmpty ? unset : .string(audiences.joined(separator: ","))
    },
    "driverModes": { cell in
      let modes = cell.spec.items("volumeLifecycleModes").compactMap(\.stringValue)
      return modes.isEmpty ? none : .string(modes.joined(separator: ","))
    },
  ]

  private static func modes(_ modes: [JSONValue]) -> String {
    self.modes.filter { modes.contains(.string($0.0)) }.map(\.1).joined(separator: ",")
  }

  private var phase: JSONValue {
    metadata.has("deletionTimestamp") ? "Terminating" : text(status["phase"], or: "")
  }

  /// The class; an annotation named it before there was a field.
  private var className: JSONValue {
    let former = metadata["annotations"]?["volume.beta.kubernetes.io/storage-class"]
    return former ?? text(spec["storageClassName"], or: "")
  }

  /// The name, with a note where one of the annotations says that the class is the default one.
  private func marked(_ annotations: String...) -> JSONValue {
    let name = metadata.text("name")
    let isDefault = annotations.contains { metadata["annotations"]?[$0] == "true" }
    return .string(isDefault ? name + " (default)" : name)
  }
}
