import APIMachinery

/// What holds where a namespace's labels say nothing, and who is held to nothing (`pod-security.admission.config.k8s.io`
/// PodSecurityConfiguration).
public struct PodSecurityConfiguration: Sendable {
  var defaults = PodSecurityPolicy()
  var usernames: Set<String> = []
  var namespaces: Set<String> = []
  var runtimeClasses: Set<String> = []

  /// Nothing is demanded, and nobody exempt.
  public init() {}

  private static let kind: ConfigurationKind = {
    typealias Kind = ConfigurationKind
    let modes = ["enforce", "audit", "warn"].flatMap { [($0, Kind.text), ("\($0)-version", Kind.text)] }
    let lists = ["usernames", "namespaces", "runtimeClasses"].map { ($0, Kind.texts) }
    return Kind(
      "pod-security.admission.config.k8s.io", ["v1", "v1beta1", "v1alpha1"], "PodSecurityConfiguration",
      [SchemaProperty("defaults", Kind.object(modes)), SchemaProperty("exemptions", Kind.object(lists))])
  }()

  /// - Throws: 400 where the value is no such configuration, 422 that names every field that is wrong.
  init(_ value: JSONValue) throws(StatusError) {
    let file = try Self.kind.read(value)
    var errors: [FieldError] = []
    func standard(_ mode: String) -> PodSecurityStandard {
      let path = FieldPath("defaults")
      func text(_ name: String, _ otherwise: String) -> String {
        let text = file["defaults"]?[name]?.stringValue ?? ""
        return text.isEmpty ? otherwise : text
      }
      let (level, version) = (text(mode, "privileged"), text("\(mode)-version", "latest"))
      let read = (PodSecurityLevel(rawValue: level), PodSecurityVersion(version))
      if read.0 == nil {
        errors.append(.invalid(path.child(mode), .string(level), PodSecurityPolicy.levels))
      }
      if read.1 == nil {
        errors.append(.invalid(path.child("\(mode)-version"), .string(version), PodSecurityPolicy.versions))
      }
      return PodSecurityStandard(level: read.0 ?? .restricted, version: read.1 ?? .latest)
    }
    defaults.enforce = standard("enforce")
    defaults.warn = standard("warn")
    defaults.audit = standard("audit")
    func names(_ list: String, _ rule: (String) -> [String]) -> Set<String> {
      var names: Set<String> = []
      for (index, item) in (file["exemptions"]?[list]?.arrayValue ?? []).enumerated() {
        let path = FieldPath("exemptions", list).index(index)
        let name = item.stringValue ?? ""
        let problems = rule(name)
        if !problems.isEmpty {
          errors.append(.invalid(path, .string(name), problems.joined(separator: ", ")))
        } else if name.isEmpty {
          errors.append(.required(path))
        } else if !names.insert(name).inserted {
          errors.append(.duplicate(path, .string(name)))
        }
      }
      return names
    }
    namespaces = names("namespaces", NameRules.dns1123Label)
    runtimeClasses = names("runtimeClasses", NameRules.dns1123Subdomain)
    usernames = names("usernames") { _ in [] }
    guard errors.isEmpty else {
      throw .invalid(GroupKind(group: Self.kind.group, kind: Self.kind.kind), "", errors)
    }
  }

  /// Why a request's pod is held to nothing; nil where it is not exempt.
  func exemption(_ request: AdmissionRequest) -> String? {
    if namespaces.contains(request.namespace) { return "namespace" }
    return usernames.containsExactly(request.user.name) ? "user" : nil
  }

  /// What there is to say of a namespace that is exempt and demands something all the same; nil where there is nothing.
  func warning(ofExempt namespace: String, _ policy: PodSecurityPolicy, _ labels: LabelSet) -> String? {
    guard !policy.isPrivileged,
      !zip(policy.modes, defaults.modes).allSatisfy({ $0.standard.isEquivalent(to: $1.standard) })
    else { return nil }
    let prefix = PodSecurityPolicy.prefix
    let modes = policy.modes.filter { name, standard in
      standard.level != .privileged && (labels[prefix + name] != nil || labels["\(prefix)\(name)-version"] != nil)
    }
    let shown = modes.map { "\($0.name)=\($0.standard)" }.joined(separator: ", ")
    return "namespace \(namespace.goQuoted) is exempt from Pod Security, and the policy (\(shown)) will be ignored"
  }

  func isExempt(_ spec: JSONValue) -> Bool {
    !runtimeClasses.isEmpty && (spec["runtimeClassName"]?.stringValue).map(runtimeClasses.contains) ?? false
  }
}
