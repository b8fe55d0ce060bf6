/// The rules of an object's metadata, and what Kubernetes says where one is broken.
public enum MetadataRules {
  /// How many bytes the keys and values of all annotations may have.
  public static let annotationsLimit = 256 << 10
  /// What is said of a field that may not change.
  public static let immutable = "field is immutable"

  // MARK: A whole object

  /// What is wrong with the metadata of an object that is created.
  /// - Parameters:
  ///   - isNamespaced: whether the kind's objects are in namespaces.
  ///   - name: the rule of the kind's names.
  public static func errors(
    in metadata: JSONObject, isNamespaced: Bool, name rule: (String) -> [String],
    at path: FieldPath = FieldPath("metadata")
  ) -> [FieldError] {
    var errors = generateName(metadata, rule, at: path)
    func text(_ name: String) -> String { metadata[name]?.stringValue ?? "" }
    let name = text("name")
    if name.isEmpty {
      errors.append(.required(path.child("name"), "name or generateName is required"))
    } else {
      errors += rule(name).map { .invalid(path.child("name"), .string(name), $0) }
    }
    let namespace = text("namespace")
    if !isNamespaced {
      if !namespace.isEmpty { errors.append(.forbidden(path.child("namespace"), "not allowed on this type")) }
    } else if namespace.isEmpty {
      errors.append(.required(path.child("namespace")))
    } else {
      errors += NameRules.dns1123Label(namespace).map { .invalid(path.child("namespace"), .string(namespace), $0) }
    }
    errors += generation(metadata, at: path)
    errors += parts(metadata, at: path)
    if let finalizers = metadata["finalizers"] {
      errors += self.finalizers(strings(finalizers), at: path.child("finalizers"))
    }
    return errors + managedFields(metadata["managedFields"]?.arrayValue ?? [], at: path.child("managedFields"))
  }

  /// What is wrong with the metadata of an object that is updated, besides what is wrong with it by itself.
  /// - Parameter name: the rule that what names are generated from is held to, besides that of all kinds; nil of kinds
  ///   that ask for no more.
  public static func errors(
    in metadata: JSONObject, updating old: JSONObject, name rule: ((String) -> [String])? = nil,
    at path: FieldPath = FieldPath("metadata")
  ) -> [FieldError] {
    var errors = generateName(metadata, NameRules.pathSegment, at: path)
    if old["deletionTimestamp"] != nil {
      let known = Set(strings(old["finalizers"]))
      let new = Set(strings(metadata["finalizers"])).subtracting(known).sorted()
      if !new.isEmpty {
        let list = new.map(\.goQuoted).joined(separator: ", ")
        errors.append(
          .forbidden(
            path.child("finalizers"),
            "no new finalizers can be added if the object is being deleted, found new finalizers []string{\(list)}"))
      }
    }
    let version = metadata["resourceVersion"]?.stringValue ?? ""
    if version.isEmpty {
      errors.append(.invalid(path.child("resourceVersion"), "", "must be specified for an update"))
    }
    errors += generation(metadata, at: path)
    let number = metadata["generation"]?.integerValue ?? 0
    if number < old["generation"]?.integerValue ?? 0 {
      errors.append(.invalid(path.child("generation"), .integer(number), "must not be decremented"))
    }
    for name in ["name", "namespace", "uid"] {
      let value = metadata[name] ?? ""
      if value != old[name] ?? "" { errors.append(.invalid(path.child(name), value, immutable)) }
    }
    for name in ["creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"] {
      let value = metadata[name] ?? .null
      if value != old[name] ?? .null { errors.append(.invalid(path.child(name), value, immutable)) }
    }
    errors += parts(metadata, at: path)
    errors += managedFields(metadata["managedFields"]?.arrayValue ?? [], at: path.child("managedFields"))
    return errors + (rule.map { generateName(metadata, $0, at: path) } ?? [])
  }

  private static func generateName(
    _ metadata: JSONObject, _ rule: (String) -> [String], at path: FieldPath
  ) -> [FieldError] {
    let base = metadata["generateName"]?.stringValue ?? ""
    guard !base.isEmpty else { return [] }
    return NameRules.prefix(base, rule).map { .invalid(path.child("generateName"), .string(base), $0) }
  }

  private static func parts(_ metadata: JSONObject, at path: FieldPath) -> [FieldError] {
    var errors: [FieldError] = []
    if let labels = metadata["labels"] { errors = self.labels(LabelSet(json: labels), at: path.child("labels")) }
    if let annotations = metadata["annotations"] {
      errors += self.annotations(LabelSet(json: annotations), at: path.child("annotations"))
    }
    if let owners = metadata["ownerReferences"]?.arrayValue {
      errors += ownerReferences(owners.map(OwnerReference.init(json:)), at: path.child("ownerReferences"))
    }
    return errors
  }

  private static func generation(_ metadata: JSONObject, at path: FieldPath) -> [FieldError] {
    guard let number = metadata["generation"]?.integerValue, number < 0 else { return [] }
    return [.invalid(path.child("generation"), .integer(number), "must be greater than or equal to 0")]
  }

  private static func strings(_ value: JSONValue?) -> [String] {
    (value?.arrayValue ?? []).compactMap(\.stringValue)
  }

  // MARK: Its parts

  /// What is wrong with labels: their keys and values.
  public static func labels(_ labels: LabelSet, at path: FieldPath) -> [FieldError] {
    var errors: [FieldError] = []
    for (key, value) in labels {
      errors += NameRules.labelKey(key).map { .invalid(path, .string(key), $0) }
      errors += NameRules.labelValue(value).map { .invalid(path, .string(value), $0) }
    }
    return errors
  }

  /// What is wrong with annotations: their keys, and how long all of them are together.
  public static func annotations(_ annotations: LabelSet, at path: FieldPath) -> [FieldError] {
    var errors: [FieldError] = []
    var size = 0
    for (key, value) in annotations {
      errors += NameRules.annotationKey(key).map { .invalid(path, .string(key), $0) }
      size += key.utf8.count + value.utf8.count
    }
    if size > annotationsLimit { errors.append(.tooLong(path, maximumBytes: annotationsLimit)) }
    return errors
  }

  /// What is wrong with owners: each by itself, and where more than one is the controller.
  public static func ownerReferences(_ owners: [OwnerReference], at path: FieldPath) -> [FieldError] {
    var errors: [FieldError] = []
    var controller: OwnerReference?
    var hasTwo = false
    for owner in owners {
      errors += self.errors(of: owner, at: path)
      guard owner.controller else { continue }
      if let controller {
        // One of these is enough: it shows the whole list.
        guard !hasTwo else { continue }
        hasTwo = true
        errors.append(
          .invalid(
            path, .array(owners.map(\.json)),
            "Only one reference can have Controller set to true. Found \"true\" in references for "
              + "\(controller.kind)/\(controller.name) and \(owner.kind)/\(owner.name)"))
      } else {
        controller = owner
      }
    }
    return errors
  }

  private static func errors(of owner: OwnerReference, at path: FieldPath) -> [FieldError] {
    var errors: [FieldError] = []
    if GroupVersion(apiVersion: owner.apiVersion)?.version.isEmpty ?? true {
      errors.append(.invalid(path.child("apiVersion"), .string(owner.apiVersion), "version must not be empty"))
    }
    for (name, value) in [("kind", owner.kind), ("name", owner.name), ("uid", owner.uid)] where value.isEmpty {
      errors.append(.invalid(path.child(name), "", "must not be empty"))
    }
    if owner.apiVersion == "v1", owner.kind == "Event" {
      errors.append(.invalid(path, owner.json, "/v1, Kind=Event is disallowed from being an owner"))
    }
    return errors
  }

  /// What is wrong with finalizers: their names, and two that exclude each other.
  public static func finalizers(_ finalizers: [String], at path: FieldPath) -> [FieldError] {
    var errors = finalizers.flatMap { name in
      NameRules.labelKey(name).map { FieldError.invalid(path, .string(name), $0) }
    }
    if finalizers.contains("orphan"), finalizers.contains("foregroundDeletion") {
      errors.append(
        .invalid(
          path, .array(finalizers.map(JSONValue.string)),
          "finalizer orphan and foregroundDeletion cannot be both set"))
    }
    return errors
  }

  /// What is wrong with the entries that a client sent in `metadata.managedFields`.
  public static func managedFields(_ entries: [JSONValue], at path: FieldPath) -> [FieldError] {
    var errors: [FieldError] = []
    for (index, entry) in entries.enumerated() {
      let path = path.index(index)
      func text(_ name: String) -> String { entry[name]?.stringValue ?? "" }
      switch text("operation") {
      case "Apply", "Update": break
      case "": errors.append(.required(path.child("operation"), "must not be empty"))
      case let other: errors.append(.notSupported(path.child("operation"), .string(other), ["Apply", "Update"]))
      }
      let type = text("fieldsType")
      if !type.isEmpty, type != "FieldsV1" {
        errors.append(.invalid(path.child("fieldsType"), .string(type), "must be `FieldsV1`"))
      }
      errors += fieldManager(text("manager"), at: path.child("manager"))
      if text("subresource").utf8.count > 256 {
        errors.append(.tooLong(path.child("subresource"), maximumBytes: 256))
      }
    }
    return errors
  }

  /// The name of who changes an object.
  public static func fieldManager(_ name: String, at path: FieldPath) -> [FieldError] {
    var errors: [FieldError] = []
    if name.utf8.count > 128 { errors.append(.tooLong(path, maximumBytes: 128)) }
    var position = 0
    for scalar in name.unicodeScalars {
      if !scalar.isGoPrintable {
        let code = String(scalar.value, radix: 16, uppercase: true)
        let padded = String(repeating: "0", count: Swift.max(0, 4 - code.utf8.count)) + code
        errors.append(.invalid(path, .string(name), "invalid character U+\(padded) (at position \(position))"))
      }
      position += UTF8.width(scalar)
    }
    return errors
  }
}
