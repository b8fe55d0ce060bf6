import APIMachinery

/// CustomResourceDefinitions: names, versions, conversion. What a schema may say is checked where schemas are read.
enum DefinitionValidation {
  static func validate(_ new: JSONValue, _ old: JSONValue?, _ findings: inout Findings) {
    let spec = new["spec"] ?? [:]
    let path = FieldPath("spec")
    let group = spec.text("group")
    let plural = spec["names"]?.text("plural") ?? ""
    let name = new.text("metadata", "name")
    GroupApproval.validate(new, old, &findings)
    if !name.isEmpty, name != "\(plural).\(group)" {
      findings.invalid(
        FieldPath("metadata", "name"), .string(name), "must be spec.names.plural+\".\"+spec.group")
    }
    if group.isEmpty {
      findings.required(path.child("group"))
    } else {
      let problems = NameRules.dns1123Subdomain(group)
      joined(problems, .string(group), path.child("group"), &findings)
      if problems.isEmpty, group.split(separator: ".").count < 2 {
        findings.invalid(path.child("group"), .string(group), "should be a domain with at least one dot")
      }
    }
    if spec.text("scope").isEmpty { findings.required(path.child("scope")) }
    findings.supported(spec, "scope", ["Cluster", "Namespaced"], path)
    versions(spec, path, &findings)
    required(spec["names"] ?? [:], path.child("names"), &findings)
    names(spec["names"] ?? [:], path.child("names"), &findings)
    shared(spec, path, &findings)
    if let conversion = spec["conversion"] {
      let strategy = path.child("conversion", "strategy")
      if spec["preserveUnknownFields"] == true, conversion.text("strategy") != "None" {
        findings.invalid(strategy, conversion["strategy"] ?? "", "must be None if spec.preserveUnknownFields is true")
      }
      self.conversion(conversion, path.child("conversion"), &findings)
    }
    stored(new["status"]?["storedVersions"] ?? .null, spec.items("versions"), &findings)
    if spec["preserveUnknownFields"] == true {
      findings.invalid(
        path.child("preserveUnknownFields"), true,
        "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead")
    }
    guard let before = old?["spec"] else { return }
    let isEstablished =
      old?["status"]?.items("conditions").contains { $0["type"] == "Established" && $0["status"] == "True" } ?? false
    findings.immutable(spec["group"], before["group"], path.child("group"))
    findings.immutable(spec["names"]?["plural"], before["names"]?["plural"], path.child("names", "plural"))
    if isEstablished {
      findings.immutable(spec["scope"], before["scope"], path.child("scope"))
      findings.immutable(spec["names"]?["kind"], before["names"]?["kind"], path.child("names", "kind"))
    }
  }

  /// Whether a missing value is one that is missed elsewhere, in other words: versions as such, and rules within schemas.
  static func judges(_ error: FieldError, of kind: GroupVersionKind) -> Bool {
    guard kind.kind == "CustomResourceDefinition", error.kind == .required else { return false }
    return error.field == "spec.versions" || error.field.contains(".schema.")
  }

  /// Objects that are stored in a version can be read for as long as it is there.
  private static func stored(_ stored: JSONValue, _ versions: [JSONValue], _ findings: inout Findings) {
    let path = FieldPath("status", "storedVersions")
    let names = (stored.arrayValue ?? []).compactMap(\.stringValue)
    guard !names.isEmpty else { return findings.invalid(path, stored, "must have at least one stored version") }
    var rest = Set(names)
    for version in versions {
      let name = version.text("name")
      if rest.remove(name) == nil, version["storage"] == true {
        findings.invalid(path, stored, "must have the storage version \(name)")
      }
    }
    for (index, name) in names.enumerated() where rest.contains(name) {
      findings.invalid(
        path.index(index), .string(name),
        "missing from spec.versions; \(name) was previously a storage version, and must remain in spec.versions "
          + "until a storage migration ensures no data remains persisted in \(name) and removes \(name) from "
          + "status.storedVersions")
    }
  }

  /// Whether all versions say the same of something, which upstream tells of once, for all.
  private static func isShared(_ name: String, by versions: [JSONValue]) -> Bool {
    Set(versions.map { $0[name] ?? .null }).count == 1
  }

  private static func versions(_ spec: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let list = path.child("versions")
    let versions = spec.items("versions")
    for (index, version) in versions.enumerated() where version["schema"]?.has("openAPIV3Schema") != true {
      findings.required(list.index(index).child("schema", "openAPIV3Schema"))
    }
    let shared = Set(
      ["schema", "subresources", "additionalPrinterColumns", "selectableFields"].filter { isShared($0, by: versions) })
    for (index, version) in versions.enumerated() {
      let path = list.index(index)
      let name = version.text("name")
      joined(NameRules.dns1035Label(name), .string(name), path.child("name"), &findings)
      warning(version, path.child("deprecationWarning"), &findings)
      parts(of: version, without: shared, path, &findings)
      if !shared.contains("selectableFields"), !version.items("selectableFields").isEmpty,
        shared.contains("schema") || !version.has("schema")
      {
        findings.invalid(
          path.child("selectableFields"), "",
          "may only be set when `version.schema.openAPIV3Schema` is not included")
      }
    }
    let stored = versions.count { $0["storage"] == true }
    let isUnique = Set(versions.map { $0.text("name") }).count == versions.count
    if !isUnique || stored != 1 {
      let value: JSONValue =
        spec["versions"]?.arrayValue == nil ? .null : .array(versions.map { shown($0, sharing: shared.contains) })
      if !isUnique { findings.invalid(list, inOrder: value, "must contain unique version names") }
      if stored != 1 {
        findings.invalid(list, inOrder: value, "must have exactly one version marked as storage version")
      }
    }
    // The first one is upstream's version without a list too.
    if let name = versions.first?.text("name"), !name.isEmpty {
      joined(NameRules.dns1035Label(name), .string(name), FieldPath("spec", "version"), &findings)
    }
  }

  /// What all versions say in one way.
  private static func shared(_ spec: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let versions = spec.items("versions")
    guard let version = versions.first else { return }
    let several = ["subresources", "additionalPrinterColumns"].filter { !isShared($0, by: versions) }
    parts(of: version, without: Set(several), path, &findings)
    if isShared("selectableFields", by: versions), !version.items("selectableFields").isEmpty,
      !isShared("schema", by: versions) || !version.has("schema")
    {
      findings.invalid(path.child("selectableFields"), "", "may only be set when validations.schema is included")
    }
  }

  private static func parts(
    of version: JSONValue, without omitted: Set<String>, _ path: FieldPath, _ findings: inout Findings
  ) {
    if !omitted.contains("subresources"), let scale = version["subresources"]?["scale"], !scale.isNull {
      self.scale(scale, path.child("subresources"), &findings)
    }
    if !omitted.contains("additionalPrinterColumns") {
      columns(version, path.child("additionalPrinterColumns"), &findings)
    }
  }

  /// A version as Go shows it in messages.
  /// - Parameter sharing: whether all versions say the same of something, which then is not shown with each.
  private static func shown(_ version: JSONValue, sharing: (String) -> Bool) -> JSONValue {
    func part(_ name: String, _ form: (JSONValue) -> JSONValue) -> JSONValue {
      guard !sharing(name), let value = version[name], !value.isNull else { return .null }
      return form(value)
    }
    func list(_ name: String, _ type: String) -> JSONValue {
      part(name) { $0 == [] ? .null : .array(($0.arrayValue ?? []).map { InternalForm.of($0, type) }) }
    }
    return .object(
      JSONObject([
        ("Name", .string(version.text("name"))), ("Served", version["served"] ?? false),
        ("Storage", version["storage"] ?? false), ("Deprecated", version["deprecated"] ?? false),
        ("DeprecationWarning", version["deprecationWarning"] ?? .null),
        (
          "Schema",
          part("schema") { ["OpenAPIV3Schema": $0["openAPIV3Schema"].map(SchemaInternalForm.of) ?? .null] }
        ),
        ("Subresources", part("subresources") { InternalForm.of($0, "apiextensions.CustomResourceSubresources") }),
        (
          "AdditionalPrinterColumns",
          list("additionalPrinterColumns", "apiextensions.CustomResourceColumnDefinition")
        ),
        ("SelectableFields", list("selectableFields", "apiextensions.SelectableField")),
      ]))
  }

  /// What users of a version are told.
  private static func warning(_ version: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    guard let text = version["deprecationWarning"]?.stringValue else { return }
    func invalid(_ why: String) { findings.invalid(path, .string(text), why) }
    guard version["deprecated"] == true else { return invalid("can only be set for deprecated versions") }
    if text.utf8.count > 256 { invalid("must be <= 256 characters long") }
    if text.isEmpty { invalid("must not be an empty string") }
    var place = 0
    for scalar in text.unicodeScalars {
      guard scalar.isGoPrintable else {
        return invalid(
          "must only contain printable UTF-8 characters; non-printable character found at index \(place)")
      }
      place += UTF8.width(scalar)
    }
  }

  /// All that is wrong with a name, in one message.
  private static func joined(
    _ problems: [String], _ value: JSONValue, _ path: FieldPath, _ findings: inout Findings
  ) {
    if !problems.isEmpty { findings.invalid(path, value, problems.joined(separator: ",")) }
  }

  private static let simplePath = "must be a simple json path starting with ."

  /// - Parameter path: of the subresources.
  private static func scale(_ scale: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let path = path.child("scale")
    for (name, root) in [("specReplicasPath", ".spec"), ("statusReplicasPath", ".status")] {
      let text = scale.text(name)
      if text.isEmpty {
        findings.required(path.child(name))
      } else if !text.hasPrefix(".") {
        findings.invalid(path.child(name), .string(text), simplePath)
      } else if !text.hasPrefix(root + ".") {
        findings.invalid(path.child(name), .string(text), "should be a json path under \(root)")
      }
    }
    let selector = scale.text("labelSelectorPath")
    if selector.isEmpty { return }
    if !selector.hasPrefix(".") {
      findings.invalid(path.child("labelSelectorPath"), .string(selector), simplePath)
    } else if !selector.hasPrefix(".spec."), !selector.hasPrefix(".status.") {
      findings.invalid(
        path.child("labelSelectorPath"), .string(selector), "should be a json path under either .spec or .status")
    }
  }

  private static func columns(_ version: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    for (index, column) in version.items("additionalPrinterColumns").enumerated() {
      let path = path.index(index)
      let types = ["boolean", "date", "integer", "number", "string"]
      let type = column.text("type")
      if column.text("name").isEmpty { findings.required(path.child("name")) }
      if type.isEmpty {
        findings.required(path.child("type"), "must be one of \(types.joined(separator: ","))")
      } else if !types.contains(type) {
        findings.invalid(path.child("type"), .string(type), "must be one of \(types.joined(separator: ","))")
      }
      let formats = ["byte", "date", "date-time", "double", "float", "int32", "int64", "password"]
      let format = column.text("format")
      if !format.isEmpty, !formats.contains(format) {
        findings.invalid(path.child("format"), .string(format), "must be one of \(formats.joined(separator: ","))")
      }
      // The place is upstream's.
      let value = column.text("jsonPath")
      if value.isEmpty {
        findings.required(path.child("JSONPath"))
      } else if !value.hasPrefix(".") {
        findings.invalid(path.child("JSONPath"), .string(value), simplePath)
      }
    }
  }

  /// The names that are accepted have the form of names; there may be none yet.
  static func validate(statusOf new: JSONValue, _ findings: inout Findings) {
    names(new["status"]?["acceptedNames"] ?? [:], FieldPath("status", "acceptedNames"), &findings)
  }

  /// The names that are wanted are there.
  private static func required(_ names: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    for name in ["plural", "singular", "kind", "listKind"] where names.text(name).isEmpty {
      // Some are made of the kind where nothing is said.
      if name == "plural" || names.text("kind").isEmpty { findings.required(path.child(name)) }
    }
  }

  private static func names(_ names: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    for name in ["plural", "singular"] {
      let text = names.text(name)
      if !text.isEmpty { joined(NameRules.dns1035Label(text), .string(text), path.child(name), &findings) }
    }
    for name in ["kind", "listKind"] {
      let text = names.text(name)
      if !text.isEmpty {
        let problems = NameRules.dns1035Label(text.lowercased())
        if !problems.isEmpty {
          findings.invalid(
            path.child(name), .string(text),
            "may have mixed case, but should otherwise match: \(problems.joined(separator: ","))")
        }
      }
    }
    if !names.text("kind").isEmpty, names.text("kind") == names.text("listKind") {
      findings.invalid(path.child("listKind"), names["listKind"], "kind and listKind may not be the same")
    }
    for list in ["shortNames", "categories"] {
      for (index, name) in names.items(list).enumerated() {
        joined(NameRules.dns1035Label(name.stringValue ?? ""), name, path.child(list).index(index), &findings)
      }
    }
  }

  private static func conversion(_ conversion: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    findings.supported(conversion, "strategy", ["None", "Webhook"], path)
    if conversion.text("strategy") == "Webhook" {
      guard let webhook = conversion["webhook"] else {
        findings.required(path.child("webhookClientConfig"), "required when strategy is set to Webhook")
        return findings.required(path.child("conversionReviewVersions"))
      }
      if let client = webhook["clientConfig"] {
        WebhookValidation.client(client, path.child("webhookClientConfig"), &findings)
      } else {
        findings.required(path.child("webhookClientConfig"), "required when strategy is set to Webhook")
      }
      let versions = webhook.items("conversionReviewVersions")
      if versions.isEmpty { findings.required(path.child("conversionReviewVersions")) }
      WebhookValidation.versions(versions, path.child("conversionReviewVersions"), &findings)
    } else if let webhook = conversion["webhook"] {
      let why = "should not be set when strategy is not set to Webhook"
      if webhook.has("clientConfig") { findings.forbidden(path.child("webhookClientConfig"), why) }
      if !webhook.items("conversionReviewVersions").isEmpty {
        findings.forbidden(path.child("conversionReviewVersions"), why)
      }
    }
  }
}
