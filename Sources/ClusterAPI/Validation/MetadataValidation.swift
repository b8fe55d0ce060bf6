import APIMachinery

/// Names, labels, annotations, owners and finalizers: what every object has.
enum MetadataValidation {
  typealias NameRule = @Sendable (String) -> [String]

  /// The most that all annotations of an object may have together, in bytes.
  static let annotationLimit = 256 << 10

  static func validate(
    _ metadata: JSONValue, isNamespaced: Bool, nameRule: NameRule, _ path: FieldPath, _ findings: inout Findings
  ) {
    let generateName = metadata.text("generateName")
    if !generateName.isEmpty {
      // What is made of it ends with letters and digits.
      let shown = generateName.hasSuffix("-") ? String(generateName.dropLast()) + "a" : generateName
      findings.invalid(path.child("generateName"), .string(generateName), nameRule(shown))
    }
    let name = metadata.text("name")
    if name.isEmpty {
      findings.required(path.child("name"), "name or generateName is required")
    } else {
      findings.invalid(path.child("name"), .string(name), nameRule(name))
    }
    let namespace = metadata.text("namespace")
    if isNamespaced {
      if namespace.isEmpty {
        findings.required(path.child("namespace"))
      } else {
        findings.invalid(path.child("namespace"), .string(namespace), NameRules.label(namespace))
      }
    } else if !namespace.isEmpty {
      findings.forbidden(path.child("namespace"), "not allowed on this type")
    }
    findings.notNegative(metadata, "generation", path)
    labels(metadata["labels"], path.child("labels"), &findings)
    annotations(metadata["annotations"], path.child("annotations"), &findings)
    owners(metadata, path.child("ownerReferences"), &findings)
    finalizers(metadata, path.child("finalizers"), &findings)
  }

  static func validateUpdate(_ new: JSONValue, _ old: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    if old.has("deletionTimestamp") {
      let known = Set(old.items("finalizers"))
      let added = new.items("finalizers").filter { !known.contains($0) }.compactMap(\.stringValue).sorted()
      if !added.isEmpty {
        let list = added.map(\.goQuoted).joined(separator: ", ")
        findings.forbidden(
          path.child("finalizers"),
          "no new finalizers can be added if the object is being deleted, found new finalizers []string{\(list)}")
      }
    }
    let generation = new["generation"]?.integerValue ?? 0
    if generation < old["generation"]?.integerValue ?? 0 {
      findings.invalid(path.child("generation"), .integer(generation), "must not be decremented")
    }
    for name in ["name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"] {
      findings.immutable(new[name], old[name], path.child(name))
    }
  }

  static func labels(_ labels: JSONValue?, _ path: FieldPath, _ findings: inout Findings) {
    for (key, value) in sorted(labels) {
      findings.invalid(path, .string(key), NameRules.qualifiedName(key))
      findings.invalid(path, value, NameRules.labelValue(value.stringValue ?? ""))
    }
  }

  static func annotations(_ annotations: JSONValue?, _ path: FieldPath, _ findings: inout Findings) {
    var size = 0
    for (key, value) in sorted(annotations) {
      findings.invalid(path, .string(key), NameRules.qualifiedName(key.lowercased()))
      size += key.utf8.count + (value.stringValue ?? "").utf8.count
    }
    if size > annotationLimit { findings.add(.tooLong(path, maximumBytes: annotationLimit)) }
  }

  private static func owners(_ metadata: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    var controller = ""
    for owner in metadata.items("ownerReferences") {
      let version = owner.text("apiVersion").split(separator: "/").last ?? ""
      if version.isEmpty {
        findings.invalid(path.child("apiVersion"), owner["apiVersion"] ?? "", "version must not be empty")
      }
      for name in ["kind", "name", "uid"] where owner.text(name).isEmpty {
        findings.invalid(path.child(name), "", "must not be empty")
      }
      if owner.text("kind") == "Event", owner.text("apiVersion") == "v1" {
        findings.invalid(path, owner, "/v1, Kind=Event is disallowed from being an owner")
      }
      guard owner["controller"] == true else { continue }
      let name = "\(owner.text("kind"))/\(owner.text("name"))"
      if controller.isEmpty {
        controller = name
      } else {
        findings.invalid(
          path, metadata["ownerReferences"],
          "Only one reference can have Controller set to true. Found \"true\" in references for \(controller) and \(name)")
      }
    }
  }

  private static func finalizers(_ metadata: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let names = metadata.items("finalizers").compactMap(\.stringValue)
    for name in names { findings.invalid(path, .string(name), NameRules.qualifiedName(name)) }
    if names.contains("orphan"), names.contains("foregroundDeletion") {
      findings.invalid(
        path, metadata["finalizers"], "finalizer foregroundDeletion and orphan cannot be both set")
    }
  }

  /// The members of a map in the order of their names: messages then come in the same order each time.
  static func sorted(_ map: JSONValue?) -> [(String, JSONValue)] {
    guard let map = map?.objectValue else { return [] }
    return map.sorted { $0.0 < $1.0 }
  }
}
