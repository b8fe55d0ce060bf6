import APIMachinery

/// What the baseline standard says of the profiles that the kernel confines containers by: AppArmor, SELinux, seccomp.
enum ProfileControls {
  private typealias Words = PodSecurityWords

  static let all: [PodSecurityCheck] = [
    PodSecurityCheck("appArmorProfile", (0, appArmor)),
    PodSecurityCheck(
      "seLinuxOptions", (0, seLinux(types: types)), (31, seLinux(types: types.union(["container_engine_t"])))),
    PodSecurityCheck("seccompProfile_baseline", (0, seccompAnnotations), (19, seccomp)),
  ]

  private static let confining: Set<String> = ["RuntimeDefault", "Localhost"]

  /// Who sets the type of a profile to one that does not confine, and to what.
  static func unconfined(_ profile: String, _ pod: PodToCheck) -> (pod: Bool, containers: [String], values: [String]) {
    func bad(_ context: JSONValue?) -> String? {
      guard let profile = context?[profile], !profile.isNull else { return nil }
      let type = profile["type"]?.stringValue ?? ""
      return confining.contains(type) ? nil : type
    }
    let values = [bad(pod.context)] + pod.containers.map { bad($0["securityContext"]) }
    return (
      bad(pod.context) != nil, pod.names { bad($0["securityContext"]) != nil }, Words.sorted(values.compactMap { $0 })
    )
  }

  private static let appArmorAnnotation = "container.apparmor.security.beta.kubernetes.io/"

  @Sendable private static func appArmor(_ pod: PodToCheck) -> PodSecurityViolation? {
    let fields = unconfined("appArmorProfile", pod)
    let annotations = pod.annotations.compactMap { key, value -> String? in
      let profile = value.stringValue ?? ""
      let isAllowed = profile.isEmpty || profile == "runtime/default" || profile.hasPrefix("localhost/")
      return key.hasPrefix(appArmorAnnotation) && !isAllowed ? "\(key)=\(profile.goQuoted)" : nil
    }.sorted()
    var setters = Words.setters(pod: fields.pod, fields.containers).map { [$0] } ?? []
    if !annotations.isEmpty { setters.append(Words.plural("annotation", "annotations", annotations.count)) }
    guard !setters.isEmpty else { return nil }
    let values = fields.values + annotations
    return PodSecurityViolation(
      reason: Words.plural("forbidden AppArmor profile", "forbidden AppArmor profiles", values.count),
      detail: "\(setters.joined(separator: " and ")) must not set AppArmor profile type to \(Words.quoted(values))")
  }

  private static let types: Set<String> = ["", "container_t", "container_init_t", "container_kvm_t"]

  private static func seLinux(types: Set<String>) -> PodSecurityCheck.Test {
    { pod in
      func text(_ context: JSONValue?, _ name: String) -> String {
        context?["seLinuxOptions"]?[name]?.stringValue ?? ""
      }
      func isBad(_ context: JSONValue?) -> Bool {
        !types.contains(text(context, "type")) || !text(context, "user").isEmpty || !text(context, "role").isEmpty
      }
      guard let setters = Words.setters(pod: isBad(pod.context), pod.names { isBad($0["securityContext"]) }) else {
        return nil
      }
      let contexts = [pod.context] + pod.containers.map { $0["securityContext"] }
      let badTypes = Words.sorted(contexts.map { text($0, "type") }.filter { !types.contains($0) })
      var problems: [String] = []
      if !badTypes.isEmpty {
        problems.append("\(Words.plural("type", "types", badTypes.count)) \(Words.quoted(badTypes))")
      }
      for name in ["user", "role"] where contexts.contains(where: { !text($0, name).isEmpty }) {
        problems.append("\(name) may not be set")
      }
      return PodSecurityViolation(
        reason: "seLinuxOptions",
        detail:
          "\(setters) set forbidden securityContext.seLinuxOptions: \(problems.joined(separator: "; "))")
    }
  }

  @Sendable private static func seccomp(_ pod: PodToCheck) -> PodSecurityViolation? {
    let fields = unconfined("seccompProfile", pod)
    guard let setters = Words.setters(pod: fields.pod, fields.containers) else { return nil }
    return PodSecurityViolation(
      reason: "seccompProfile",
      detail: "\(setters) must not set securityContext.seccompProfile.type to \(Words.quoted(fields.values))")
  }

  /// Before there was a field.
  @Sendable private static func seccompAnnotations(_ pod: PodToCheck) -> PodSecurityViolation? {
    let keys =
      ["seccomp.security.alpha.kubernetes.io/pod"]
      + pod.names { _ in true }.map { "container.seccomp.security.alpha.kubernetes.io/\($0)" }
    let bad = keys.compactMap { key -> String? in
      guard let value = pod.annotations[key]?.stringValue, !["runtime/default", "docker/default"].contains(value),
        !value.hasPrefix("localhost/")
      else { return nil }
      return "\(key)=\(value.goQuoted)"
    }
    let sorted = Words.sorted(bad)
    guard !sorted.isEmpty else { return nil }
    return PodSecurityViolation(
      reason: "seccompProfile",
      detail:
        "forbidden \(Words.plural("annotation", "annotations", sorted.count)) \(sorted.joined(separator: ", "))")
  }
}
