import APIMachinery

/// The members of `metadata` that the server itself reads and writes.
extension JSONObject {
  var metadata: JSONObject {
    get { self["metadata"]?.objectValue ?? [:] }
    set { self["metadata"] = .object(newValue) }
  }

  /// A member of the metadata that is a string; empty where it is missing.
  func metadataText(_ name: String) -> String { self["metadata"]?[name]?.stringValue ?? "" }

  mutating func setMetadata(_ name: String, _ value: JSONValue?) {
    if value == nil {
      // What is not there needs no copy of the rest to be taken out of.
      guard case .object(let members)? = self["metadata"], members.index(of: name) != nil else { return }
    } else if index(of: "metadata") == nil {
      self["metadata"] = .object([:])
    }
    _ = update("metadata") { metadata in
      guard case .object(var members) = metadata else { return }
      metadata = .null
      members[name] = value
      metadata = .object(members)
    }
  }

  var objectName: String { metadataText("name") }
  var objectNamespace: String { metadataText("namespace") }
  var generation: Int64 { self["metadata"]?["generation"]?.integerValue ?? 0 }
  var isBeingDeleted: Bool { self["metadata"]?["deletionTimestamp"]?.stringValue != nil }
  var finalizers: [String] { self["metadata"]?["finalizers"]?.arrayValue?.compactMap(\.stringValue) ?? [] }

  mutating func setFinalizers(_ finalizers: [String]) {
    setMetadata("finalizers", finalizers.isEmpty ? nil : .array(finalizers.map { .string($0) }))
  }

  var labelValues: [String: String] {
    var labels: [String: String] = [:]
    for (name, value) in self["metadata"]?["labels"]?.objectValue ?? [:] { labels[name] = value.stringValue ?? "" }
    return labels
  }
}
