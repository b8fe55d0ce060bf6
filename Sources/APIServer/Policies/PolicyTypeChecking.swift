import APIMachinery

/// Says in the status of each ValidatingAdmissionPolicy which of its expressions do not fit the kinds that it names
/// (Kubernetes, "Type checking"): a policy may be about kinds that have no such field.
struct PolicyTypeChecking: Sendable {
  /// More kinds of one policy are not looked at.
  private static let mostKinds = 10
  private static let place = GroupVersion(group: "admissionregistration.k8s.io", version: "v1")

  private let registry: Registry

  init(_ registry: Registry) { self.registry = registry }

  /// Follows the policies until the task is cancelled.
  func run() async {
    guard let target = registry.catalog.snapshot.resource(Self.place, "validatingadmissionpolicies") else { return }
    while !Task.isCancelled {
      let (objects, _, watch) = registry.cache(of: target).listAndWatch(target.prefix(namespace: ""))
      for object in objects { await settle(object.name, target) }
      while let batch = await watch.next() {
        for event in batch.events { if let current = event.current { await settle(current.name, target) } }
      }
    }
  }

  /// Brings the status of one policy to what its expressions say.
  private func settle(_ name: String, _ target: ServedResource) async {
    do {
      try await registry.retrying(target, name) {
        let stored = try registry.find(target, namespace: "", name: name)
        var policy = stored.object.tree()
        let generation = policy.generation
        guard policy["status"]?["observedGeneration"]?.integerValue != generation else { return }
        var status = policy["status"]?.objectValue ?? [:]
        status["observedGeneration"] = .integer(generation)
        let warnings = warnings(policy["spec"] ?? [:])
        status["typeChecking"] = warnings.isEmpty ? [:] : ["expressionWarnings": .array(warnings)]
        policy["status"] = .object(status)
        _ = try await registry.write(policy, target, key: stored.key, over: stored, isDryRun: false)
      }
    } catch {
      // A policy that is gone has no status; one that cannot be written is told again with its next change.
      return
    }
  }

  private func warnings(_ spec: JSONValue) -> [JSONValue] {
    let kinds = kinds(spec)
    var found: [JSONValue] = []
    for (index, validation) in (spec["validations"]?.arrayValue ?? []).enumerated() {
      for name in ["expression", "messageExpression"] {
        guard let text = validation[name]?.stringValue, !text.isEmpty else { continue }
        let problems = kinds.compactMap { kind in
          problem(text, kind, spec).map { "\(kind.groupVersionKind): \($0)\n" }
        }
        guard !problems.isEmpty else { continue }
        found.append([
          "fieldRef": .string(FieldPath("spec", "validations").index(index).child(name).description),
          "warning": .string(problems.joined(separator: "\n")),
        ])
      }
    }
    return found
  }

  /// Why an expression does not compile where the object is of a kind.
  private func problem(_ text: String, _ target: ServedResource, _ spec: JSONValue) -> String? {
    guard let type = type(of: target) else { return nil }
    let hasParameters = (spec["paramKind"] ?? .null) != .null
    var environment = AdmissionEnvironment.make(hasParameters: hasParameters, hasAuthorizer: true).with([
      "object": type, "oldObject": type,
    ])
    if hasParameters, let parameters = try? parameterType(spec["paramKind"] ?? .null) {
      environment = environment.with(["params": parameters])
    }
    let variables = PolicyVariables.Definitions(spec["variables"]?.arrayValue ?? [], environment)
    return AdmissionExpression(text, [], environment.with(["variables": variables.type])).problem
  }

  private func type(of target: ServedResource) -> CELType? {
    CELSchemaType.make(target.version.schema, isResource: true, name: target.resource.kind)?.type
  }

  private func parameterType(_ kind: JSONValue) throws -> CELType? {
    type(of: try PolicyParameters(registry).resource(of: kind))
  }

  /// The kinds that the policy's rules name, in the order of their names; rules for any group, version or resource name none.
  private func kinds(_ spec: JSONValue) -> [ServedResource] {
    let snapshot = registry.catalog.snapshot
    var found: [ServedResource] = []
    for rule in spec["matchConstraints"]?["resourceRules"]?.arrayValue ?? [] {
      func names(_ name: String) -> [String] { (rule[name]?.arrayValue ?? []).compactMap(\.stringValue).sorted() }
      let (groups, versions) = (names("apiGroups"), names("apiVersions"))
      guard !groups.contains(where: { $0.contains("*") }), !versions.contains(where: { $0.contains("*") }) else {
        continue
      }
      for group in groups {
        for version in versions {
          for resource in names("resources") where !resource.contains("*") && !resource.contains("/") {
            guard let target = snapshot.resource(GroupVersion(group: group, version: version), resource),
              !found.contains(where: { $0.groupVersionKind == target.groupVersionKind })
            else { continue }
            found.append(target)
          }
        }
      }
    }
    return Array(
      found.sorted { a, b in
        let (a, b) = (a.groupVersionKind, b.groupVersionKind)
        return (a.group, a.version, a.kind) < (b.group, b.version, b.kind)
      }.prefix(Self.mostKinds))
  }
}
