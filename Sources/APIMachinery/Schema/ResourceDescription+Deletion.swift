extension ResourceDescription {
  /// Resources whose removal is answered with the object as it was, where others are answered with a Status that names it
  /// (kube-apiserver's `ReturnDeletedObject`).
  private static let answeredWithObjects: [String: Set<String>] = [
    "": [
      "persistentvolumeclaims", "persistentvolumes", "pods", "podtemplates", "resourcequotas", "serviceaccounts",
      "services",
    ],
    "resource.k8s.io": ["deviceclasses", "resourceclaims", "resourceclaimtemplates", "resourceslices"],
    "storage.k8s.io": ["csidrivers", "csinodes", "storageclasses", "volumeattachments", "volumeattributesclasses"],
  ]

  /// Whether the removal of an object is answered with the object.
  public var answersWithDeleted: Bool { Self.answeredWithObjects[group]?.contains(plural) ?? false }
}
