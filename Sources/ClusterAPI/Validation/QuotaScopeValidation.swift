import APIMachinery

/// Which objects a quota counts: scopes must be known, agree with each other, and with what the quota limits.
enum QuotaScopeValidation {
  private static let known: Set<String> = [
    "BestEffort", "CrossNamespacePodAffinity", "NotBestEffort", "NotTerminating", "PriorityClass", "Terminating",
    "VolumeAttributesClass",
  ]
  private static let conflicts = [("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating")]
  /// Scopes that know no values: an object is in them or not.
  private static let plain: Set<String> = [
    "BestEffort", "NotBestEffort", "Terminating", "NotTerminating", "CrossNamespacePodAffinity",
  ]

  static func validate(_ spec: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let limited = (spec["hard"]?.objectValue?.keys ?? []).sorted()
    let scopes = spec.items("scopes").compactMap(\.stringValue)
    for scope in scopes {
      check(scope, limited, path.child("scopes"), spec["scopes"], path.child("scopes"), spec["scopes"], &findings)
    }
    for (one, other) in conflicts where scopes.contains(one) && scopes.contains(other) {
      findings.invalid(path.child("scopes"), spec["scopes"], "conflicting scopes")
    }
    guard let selector = spec["scopeSelector"] else { return }
    let place = path.child("scopeSelector", "matchExpressions")
    let requirements = selector.items("matchExpressions")
    for requirement in requirements {
      let scope = requirement.text("scopeName")
      check(
        scope, limited, place.child("scopeName"), .string(scope), place,
        InternalForm.of(selector, "core.ScopeSelector"),
        &findings)
      let name = requirement.text("operator")
      let values = requirement.items("values")
      if plain.contains(scope), name != "Exists" {
        findings.invalid(
          place.child("operator"), .string(name),
          "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity"
        )
      }
      switch name {
      case "In", "NotIn":
        if values.isEmpty {
          findings.required(
            place.child("values"), "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector")
        }
      case "Exists", "DoesNotExist":
        if !values.isEmpty {
          findings.invalid(
            place.child("values"), requirement["values"],
            "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector")
        }
      default: findings.invalid(place.child("operator"), .string(name), "not a valid selector operator")
      }
    }
    let selected = requirements.map { $0.text("scopeName") }
    for (one, other) in conflicts where selected.contains(one) && selected.contains(other) {
      // The list is shown that upstream shows.
      findings.invalid(place, spec["scopes"] ?? .null, "conflicting scopes")
    }
  }

  private static func check(
    _ scope: String, _ limited: [String], _ path: FieldPath, _ value: JSONValue?, _ whole: FieldPath,
    _ wholeValue: JSONValue?, _ findings: inout Findings
  ) {
    guard known.contains(scope) else { return findings.invalid(path, value, "unsupported scope") }
    for name in limited where ResourceValidation.isStandardForQuotas(name) && !applies(scope, to: name) {
      findings.invalid(whole, inOrder: wholeValue ?? .null, "unsupported scope applied to resource")
    }
  }

  private static let computed: Set<String> = [
    "cpu", "memory", "limits.cpu", "limits.memory", "requests.cpu", "requests.memory",
  ]

  private static func applies(_ scope: String, to name: String) -> Bool {
    switch scope {
    case "BestEffort": name == "pods"
    case "VolumeAttributesClass": name == "persistentvolumeclaims" || name == "requests.storage"
    default: name == "pods" || computed.contains(name)
    }
  }
}
