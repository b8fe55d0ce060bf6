import APIMachinery

/// A claim of a volume begins as pending. What fills the volume stands in two fields, of which the newer one can name more kinds
/// and other namespaces (upstream's `pkg/api/persistentvolumeclaim`).
enum ClaimPreparation: KindPreparation {
  static func create(_ claim: inout JSONValue) {
    claim.editObject { $0["status"] = ["phase": "Pending"] }
    dropSources(&claim, old: nil)
    pairSources(&claim)
  }

  /// The two fields say the same, unless the newer one names another namespace.
  private static func pairSources(_ claim: inout JSONValue) {
    claim.edit("spec") { spec in
      spec.editObject { members in
        switch (members["dataSource"], members["dataSourceRef"]) {
        case (let source?, nil): members["dataSourceRef"] = source
        case (nil, let reference?) where reference.text("namespace").isEmpty:
          var source = reference
          source.editObject { _ = $0.remove("namespace") }
          members["dataSource"] = source
        default: break
        }
      }
    }
  }

  static func update(_ claim: inout JSONValue, old: JSONValue, subresource: String) {
    guard subresource.isEmpty else { return }
    dropSources(&claim, old: old)
    pairSources(&claim)
  }

  /// A reference into another namespace belongs to a feature that is off (`CrossNamespaceVolumeDataSource`), and the older field
  /// takes claims and snapshots alone. What the object has already stays.
  private static func dropSources(_ claim: inout JSONValue, old: JSONValue?) {
    let before = old?["spec"]
    let hasReference = before?.has("dataSourceRef") == true
    claim.edit("spec") { spec in
      spec.editObject { members in
        if !hasReference, members["dataSourceRef"]?.text("namespace").isEmpty == false {
          members.remove("dataSourceRef")
        }
        // Whoever sets the newer field knows what the older one takes.
        let isKnown = before?.has("dataSource") == true || hasReference || members["dataSourceRef"]?.isNull == false
        if !isKnown, let source = members["dataSource"], !isSource(source) { members.remove("dataSource") }
      }
    }
  }

  private static func isSource(_ source: JSONValue) -> Bool {
    switch (source.text("apiGroup"), source.text("kind")) {
    case ("", "PersistentVolumeClaim"), ("snapshot.storage.k8s.io", "VolumeSnapshot"): true
    default: false
    }
  }
}
