import APIMachinery

/// Which requests may wait for which, as flow control is told ("API Priority and Fairness").
enum FlowControlValidation {
  private static let verbs = [
    "create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch",
  ]
  private static let members = ["Group": "group", "ServiceAccount": "serviceAccount", "User": "user"]

  // MARK: - Schemas

  static func validate(schema new: JSONValue, _ findings: inout Findings) {
    let spec = new["spec"] ?? [:]
    let path = FieldPath("spec")
    let precedence = spec["matchingPrecedence"]?.integerValue ?? 0
    if precedence <= 0 {
      findings.invalid(path.child("matchingPrecedence"), .integer(precedence), "must be a positive value")
    } else if precedence > 10000 {
      findings.invalid(path.child("matchingPrecedence"), .integer(precedence), "must not be greater than 10000")
    } else if precedence == 1, new.text("metadata", "name") != "exempt" {
      findings.invalid(
        path.child("matchingPrecedence"), 1, "only the schema named 'exempt' may have matchingPrecedence 1")
    }
    let methods = ["ByNamespace", "ByUser"]
    if let method = spec["distinguisherMethod"], !methods.contains(method.text("type")) {
      // Upstream shows what the type stands in.
      let shown: JSONValue = ["Type": .string(method.text("type"))]
      findings.add(.notSupported(path.child("distinguisherMethod", "type"), shown, methods))
    }
    let level = spec["priorityLevelConfiguration"]?.text("name") ?? ""
    if level.isEmpty {
      findings.required(path.child("priorityLevelConfiguration", "name"), "must reference a priority level")
    } else {
      findings.invalid(
        path.child("priorityLevelConfiguration", "name"), .string(level), NameRules.dns1123Subdomain(level))
    }
    for (index, rule) in spec.items("rules").enumerated() {
      validate(rule: rule, path.child("rules").index(index), &findings)
    }
  }

  private static func validate(rule: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let subjects = rule.items("subjects")
    if subjects.isEmpty { findings.required(path.child("subjects"), "subjects must contain at least one value") }
    for (index, subject) in subjects.enumerated() {
      validate(subject: subject, path.child("subjects").index(index), &findings)
    }
    if rule.items("resourceRules").isEmpty, rule.items("nonResourceRules").isEmpty {
      findings.required(path, "at least one of resourceRules and nonResourceRules has to be non-empty")
    }
    for (index, resources) in rule.items("resourceRules").enumerated() {
      validate(resources: resources, path.child("resourceRules").index(index), &findings)
    }
    for (index, others) in rule.items("nonResourceRules").enumerated() {
      validate(paths: others, path.child("nonResourceRules").index(index), &findings)
    }
  }

  private static func validate(subject: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let kind = subject.text("kind")
    guard let member = members[kind] else {
      if subject.has("kind") { findings.add(.notSupported(path.child("kind"), .string(kind), members.keys.sorted())) }
      for name in members.values { findings.passOver(below: path.child(name)) }
      return
    }
    if let named = subject[member], !named.isNull {
      let (path, name) = (path.child(member), named.text("name"))
      if name.isEmpty { findings.required(path.child("name")) }
      if kind == "ServiceAccount" {
        if !name.isEmpty, name != "*" {
          findings.invalid(path.child("name"), .string(name), NameRules.dns1123Subdomain(name))
        }
        let namespace = named.text("namespace")
        if namespace.isEmpty {
          findings.required(path.child("namespace"), "must specify namespace for service account")
        } else {
          findings.invalid(path.child("namespace"), .string(namespace), NameRules.dns1123Label(namespace))
        }
      }
    } else {
      findings.required(path.child(member), "\(member) is required when subject kind is '\(kind)'")
    }
    for (other, name) in members.sorted(by: { $0.value < $1.value }) where other != kind && subject.has(name) {
      findings.passOver(below: path.child(name))
      findings.forbidden(path.child(name), "\(name) is forbidden when subject kind is not '\(other)'")
    }
  }

  private static func validate(resources rule: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    verbs(of: rule, path, &findings)
    for (name, missing, others) in [
      ("apiGroups", "resource rules must supply at least one api group", "api groups"),
      ("resources", "resource rules must supply at least one resource", "resources"),
    ] {
      let values = rule.items(name)
      if values.isEmpty { findings.required(path.child(name), missing) }
      alone(values, others, path.child(name), &findings)
    }
    let namespaces = rule.items("namespaces")
    if namespaces.isEmpty, rule["clusterScope"] != true {
      findings.required(
        path.child("namespaces"), "resource rules that are not cluster scoped must supply at least one namespace")
    }
    if namespaces.contains("*") { return alone(namespaces, "namespaces", path.child("namespaces"), &findings) }
    for (index, namespace) in namespaces.enumerated() {
      findings.invalid(
        path.child("namespaces").index(index), namespace,
        NameRules.dns1123Label(namespace.stringValue ?? "").map {
          "each member of this list must be '*' or a DNS-1123 label; \($0)"
        })
    }
  }

  private static func validate(paths rule: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    verbs(of: rule, path, &findings)
    let (urls, path) = (rule.items("nonResourceURLs"), path.child("nonResourceURLs"))
    if urls.isEmpty { findings.required(path, "nonResourceURLs must contain at least one value") }
    if urls.contains("*") { return alone(urls, "non-resource URLs", path, &findings) }
    for (index, url) in urls.enumerated() {
      if let problem = problem(ofURL: url.stringValue ?? "") { findings.invalid(path.index(index), url, problem) }
    }
  }

  private static func verbs(of rule: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let (verbs, path) = (rule.items("verbs"), path.child("verbs"))
    if verbs.isEmpty {
      findings.required(path, "verbs must contain at least one value")
    } else if verbs.contains("*") {
      alone(verbs, "verbs", path, &findings)
    } else if !verbs.allSatisfy({ Self.verbs.contains($0.stringValue ?? "") }) {
      findings.add(.notSupported(path, .array(verbs), Self.verbs))
    }
  }

  /// Where all are meant, nothing else is said.
  private static func alone(_ values: [JSONValue], _ others: String, _ path: FieldPath, _ findings: inout Findings) {
    guard values.count > 1, values.contains("*") else { return }
    findings.invalid(path, .array(values), "if '*' is present, must not specify other \(others)")
  }

  private static func problem(ofURL url: String) -> String? {
    if url.isEmpty { return "must not be empty" }
    if url == "/" { return nil }
    if !url.hasPrefix("/") { return "must start with slash" }
    let bytes = Array(url.utf8)
    if bytes.contains(UInt8(ascii: " ")) { return "must not contain white-space" }
    let slash = UInt8(ascii: "/")
    if zip(bytes, bytes.dropFirst()).contains(where: { $0 == slash && $1 == slash }) {
      return "must not contain double slash"
    }
    let wildcards = bytes.count { $0 == UInt8(ascii: "*") }
    return wildcards > 1 || wildcards == 1 && !url.hasSuffix("/*") ? "wildcard can only do suffix matching" : nil
  }

  // MARK: - Priority levels

  static func validate(level new: JSONValue, _ findings: inout Findings) {
    let spec = new["spec"] ?? [:]
    let path = FieldPath("spec")
    if (spec.text("type") == "Exempt") != (new.text("metadata", "name") == "exempt") {
      findings.invalid(
        path.child("type"), spec["type"] ?? "", "type must be 'Exempt' if and only if name is 'exempt'")
    }
    switch spec.text("type") {
    case "Exempt":
      if spec.has("limited") { findings.forbidden(path.child("limited"), "must be nil if the type is not Limited") }
      if let exempt = spec["exempt"] { seats(exempt, path.child("exempt"), &findings) }
    case "Limited":
      if spec.has("exempt") { findings.forbidden(path.child("exempt"), "must be nil if the type is Limited") }
      guard let limited = spec["limited"], !limited.isNull else {
        return findings.required(path.child("limited"), "must not be empty when type is Limited")
      }
      let path = path.child("limited")
      seats(limited, path, &findings)
      response(limited["limitResponse"] ?? [:], path.child("limitResponse"), &findings)
      if let limit = limited["borrowingLimitPercent"]?.integerValue, limit < 0 {
        findings.invalid(
          path.child("borrowingLimitPercent"), .integer(limit), "if specified, must be a non-negative integer")
      }
    case let other:
      if spec.has("type") { findings.add(.notSupported(path.child("type"), .string(other), ["Exempt", "Limited"])) }
    }
  }

  private static func seats(_ level: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    if let shares = level["nominalConcurrencyShares"]?.integerValue, shares < 0 {
      findings.invalid(path.child("nominalConcurrencyShares"), .integer(shares), "must be a non-negative integer")
    }
    if let lendable = level["lendablePercent"]?.integerValue, !(0...100).contains(lendable) {
      findings.invalid(path.child("lendablePercent"), .integer(lendable), NameRules.between(0, 100))
    }
  }

  private static func response(_ response: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    switch response.text("type") {
    case "Reject":
      if response.has("queuing") {
        findings.forbidden(path.child("queuing"), "must be nil if limited.limitResponse.type is not Limited")
      }
    case "Queue":
      guard let queuing = response["queuing"], !queuing.isNull else {
        return findings.required(
          path.child("queuing"), "must not be empty if limited.limitResponse.type is Limited")
      }
      validate(queuing: queuing, path.child("queuing"), &findings)
    case let other:
      if response.has("type") {
        findings.add(.notSupported(path.child("type"), .string(other), ["Queue", "Reject"]))
      }
    }
  }

  /// A hand of queues is dealt by the bits of a hash, of which there are 60 to use.
  private static func validate(queuing: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let length = queuing["queueLengthLimit"]?.integerValue ?? 0
    let queues = queuing["queues"]?.integerValue ?? 0
    let hand = queuing["handSize"]?.integerValue ?? 0
    if length <= 0 { findings.invalid(path.child("queueLengthLimit"), .integer(length), "must be positive") }
    if queues <= 0 {
      findings.invalid(path.child("queues"), .integer(queues), "must be positive")
    } else if queues > 10_000_000 {
      findings.invalid(path.child("queues"), .integer(queues), "must not be greater than 10000000")
    }
    if hand <= 0 {
      findings.invalid(path.child("handSize"), .integer(hand), "must be positive")
    } else if hand > queues {
      findings.invalid(path.child("handSize"), .integer(hand), "should not be greater than queues (\(queues))")
    } else if !isDealt(hand: hand, queues: queues) {
      findings.invalid(
        path.child("handSize"), .integer(hand),
        "required entropy bits of deckSize \(queues) and handSize \(hand) should not be greater than 60")
    }
  }

  /// Whether the hash has the bits: `log₂ queues · hand ≤ 60`, that is `queuesʰᵃⁿᵈ ≤ 2⁶⁰`.
  private static func isDealt(hand: Int64, queues: Int64) -> Bool {
    guard queues > 1 else { return true }
    var power: Int64 = 1
    for _ in 0..<hand {
      let (product, overflow) = power.multipliedReportingOverflow(by: queues)
      if overflow || product > 1 << 60 { return false }
      power = product
    }
    return true
  }

  // MARK: - Status

  static func validate(statusOf new: JSONValue, _ findings: inout Findings) {
    let path = FieldPath("status", "conditions")
    var types: Set<String> = []
    for (index, condition) in (new["status"]?.items("conditions") ?? []).enumerated() {
      let (path, type) = (path.index(index).child("type"), condition.text("type"))
      if !types.insert(type).inserted { findings.add(.duplicate(path, .string(type))) }
      if type.isEmpty { findings.required(path) }
    }
  }
}
