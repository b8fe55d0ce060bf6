import APIMachinery
import HTTPService

/// What a review of access asks about (`authorization.k8s.io/v1` ResourceAttributes and NonResourceAttributes).
enum AccessAttributes {
  private static let path = FieldPath("spec")
  private static let selectors = ["fieldSelector", "labelSelector"]

  /// What is wrong with a review, in kube-apiserver's words.
  /// - Parameter namesUser: the review says whose access it asks about.
  static func violations(_ spec: JSONObject, namesUser: Bool) -> [FieldError] {
    var errors: [FieldError] = []
    let (resource, document) = (spec["resourceAttributes"], spec["nonResourceAttributes"])
    switch (resource, document) {
    case (_?, let document?):
      errors.append(
        .invalid(
          path.child("nonResourceAttributes"), shown(document),
          "cannot be specified in combination with resourceAttributes"
        ).inOrder)
    case (nil, nil):
      errors.append(
        .invalid(
          path.child("resourceAttributes"), .null,
          "exactly one of nonResourceAttributes or resourceAttributes must be specified"))
    default: break
    }
    if namesUser, (spec["user"]?.stringValue ?? "").isEmpty, (spec["groups"]?.arrayValue ?? []).isEmpty {
      errors.append(.invalid(path.child("user"), "", "at least one of user or group must be specified"))
    }
    for name in selectors {
      guard let selector = resource?[name] else { continue }
      errors += violations(
        ofSelector: selector, isOfLabels: name == "labelSelector", path.child("resourceAttributes", name))
    }
    return errors
  }

  /// The attributes of a request for no resource as messages show them: upstream's own form, with the names that it has there.
  static func shown(_ attributes: JSONValue) -> JSONValue {
    .object(["Path": attributes["path"] ?? "", "Verb": attributes["verb"] ?? ""])
  }

  private static func violations(
    ofSelector selector: JSONValue, isOfLabels: Bool, _ path: FieldPath
  ) -> [FieldError] {
    let raw = selector["rawSelector"]?.stringValue ?? ""
    let requirements = selector["requirements"]?.arrayValue ?? []
    var errors: [FieldError] = []
    if !raw.isEmpty, !requirements.isEmpty {
      errors.append(
        .invalid(path.child("rawSelector"), .string(raw), "may not specified at the same time as requirements"))
    }
    if raw.isEmpty, requirements.isEmpty {
      errors.append(
        .required(path.child("requirements"), "when \(path) is specified, requirements or rawSelector is required"))
    }
    for (index, requirement) in requirements.enumerated() {
      let path = path.child("requirements").index(index)
      let key = requirement["key"]?.stringValue ?? ""
      if key.isEmpty, !isOfLabels { errors.append(.required(path.child("key"), "must be specified")) }
      let values = requirement["values"]?.arrayValue ?? []
      switch requirement["operator"]?.stringValue ?? "" {
      case "In", "NotIn":
        if values.isEmpty {
          errors.append(.required(path.child("values"), "must be specified when `operator` is 'In' or 'NotIn'"))
        }
      case "Exists", "DoesNotExist":
        if !values.isEmpty {
          errors.append(
            .forbidden(path.child("values"), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"))
        }
      default: break  // What a later version may know narrows nothing here.
      }
      guard isOfLabels else { continue }
      errors += NameRules.labelKey(key).map { .invalid(path.child("key"), .string(key), $0) }
      for (place, value) in values.enumerated() {
        errors += NameRules.labelValue(value.stringValue ?? "").map {
          .invalid(path.child("values").index(place), value, $0)
        }
      }
    }
    return errors
  }

  /// The request that a review asks about.
  static func info(_ spec: JSONObject) -> RequestInfo {
    var info = RequestInfo(method: .get, segments: [], query: Query())
    guard let attributes = spec["resourceAttributes"] else {
      info.verb = spec["nonResourceAttributes"]?["verb"]?.stringValue ?? ""
      info.path = spec["nonResourceAttributes"]?["path"]?.stringValue ?? ""
      return info
    }
    func text(_ name: String) -> String { attributes[name]?.stringValue ?? "" }
    info.isResource = true
    info.verb = text("verb")
    info.group = text("group")
    info.version = text("version")
    info.resource = text("resource")
    info.subresource = text("subresource")
    info.namespace = text("namespace")
    info.name = text("name")
    info.fieldSelector = line(of: attributes["fieldSelector"], onlySingleValues: true)
    info.labelSelector = line(of: attributes["labelSelector"], onlySingleValues: false)
    return info
  }

  /// What is said of selectors that do not count, or not in all that they say.
  static func problems(_ spec: JSONObject) -> [String] {
    selectors.compactMap { name in
      guard let selector = spec["resourceAttributes"]?[name] else { return nil }
      let isOfLabels = name == "labelSelector"
      var ignored: String?
      if let raw = selector["rawSelector"]?.stringValue, !raw.isEmpty {
        if !isSelector(raw, ofLabels: isOfLabels) { ignored = "ignored" }
      } else {
        let count = terms(selector, onlySingleValues: !isOfLabels).count
        if count < (selector["requirements"]?.arrayValue ?? []).count {
          ignored = count == 0 ? "ignored" : "partially ignored"
        }
      }
      return ignored.map { "spec.resourceAttributes.\(name) \($0) due to parse error" }
    }
  }

  private static func isSelector(_ text: String, ofLabels isOfLabels: Bool) -> Bool {
    do throws(StatusError) {
      if isOfLabels { _ = try LabelSelector.parse(text) } else { _ = try FieldSelector.parse(text) }
      return true
    } catch { return false }
  }

  /// The text of a selector. What cannot be said in it, or read, is left out: the request is then the wider one.
  private static func line(of selector: JSONValue?, onlySingleValues: Bool) -> String {
    if let raw = selector?["rawSelector"]?.stringValue, !raw.isEmpty { return raw }
    return terms(selector, onlySingleValues: onlySingleValues).joined(separator: ",")
  }

  private static func terms(_ selector: JSONValue?, onlySingleValues: Bool) -> [String] {
    var terms: [String] = []
    for requirement in selector?["requirements"]?.arrayValue ?? [] {
      let key = requirement["key"]?.stringValue ?? ""
      let values = (requirement["values"]?.arrayValue ?? []).compactMap(\.stringValue)
      switch requirement["operator"]?.stringValue {
      case "In" where values.count == 1:
        terms.append("\(key)=\(onlySingleValues ? FieldSelector.escape(values[0]) : values[0])")
      case "NotIn" where values.count == 1:
        terms.append("\(key)!=\(onlySingleValues ? FieldSelector.escape(values[0]) : values[0])")
      case "In" where !onlySingleValues: terms.append("\(key) in (\(values.joined(separator: ",")))")
      case "NotIn" where !onlySingleValues: terms.append("\(key) notin (\(values.joined(separator: ",")))")
      case "Exists" where !onlySingleValues: terms.append(key)
      case "DoesNotExist" where !onlySingleValues: terms.append("!\(key)")
      default: break
      }
    }
    return terms
  }
}
