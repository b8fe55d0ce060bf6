import APIMachinery

/// What hardened pods do without (Pod Security Standards, "Restricted").
enum RestrictedControls {
  private typealias Words = PodSecurityWords

  static let all: [PodSecurityCheck] = [
    PodSecurityCheck("restrictedVolumes", replaces: "hostPathVolumes", (0, volumes)),
    PodSecurityCheck("allowPrivilegeEscalation", (8, privilegeEscalation), (25, exceptWindows(privilegeEscalation))),
    PodSecurityCheck("runAsNonRoot", (0, nonRoot), (35, exceptOwnUsers(nonRoot))),
    PodSecurityCheck("runAsUser", (23, user), (35, exceptOwnUsers(user))),
    PodSecurityCheck(
      "seccompProfile_restricted", replaces: "seccompProfile_baseline", (19, seccomp), (25, exceptWindows(seccomp))),
    PodSecurityCheck(
      "capabilities_restricted", replaces: "capabilities_baseline", (22, capabilities),
      (25, exceptWindows(capabilities))),
    PodSecurityCheck("procMount_restricted", replaces: "procMount", (35, BaselineControls.procMount)),
  ]

  /// Windows has none of these: a pod for it may not even set them.
  private static func exceptWindows(_ test: @escaping PodSecurityCheck.Test) -> PodSecurityCheck.Test {
    { $0.runsOnWindows ? nil : test($0) }
  }

  private static func exceptOwnUsers(_ test: @escaping PodSecurityCheck.Test) -> PodSecurityCheck.Test {
    { $0.hasOwnUsers ? nil : test($0) }
  }

  private static let allowedVolumes = [
    "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected", "secret",
  ]
  private static let otherVolumes = [
    "hostPath", "gcePersistentDisk", "awsElasticBlockStore", "gitRepo", "nfs", "iscsi", "glusterfs", "rbd",
    "flexVolume", "cinder", "cephfs", "flocker", "fc", "azureFile", "vsphereVolume", "quobyte", "azureDisk",
    "photonPersistentDisk", "portworxVolume", "scaleIO", "storageos",
  ]

  @Sendable private static func volumes(_ pod: PodToCheck) -> PodSecurityViolation? {
    let bad = (pod.spec["volumes"]?.arrayValue ?? []).filter { volume in
      !allowedVolumes.contains { volume[$0] != nil }
    }
    guard !bad.isEmpty else { return nil }
    let types = Words.sorted(bad.map { volume in otherVolumes.first { volume[$0] != nil } ?? "unknown" })
    let names = bad.map { $0["name"]?.stringValue ?? "" }
    return PodSecurityViolation(
      reason: "restricted volume types",
      detail: "\(Words.plural("volume", "volumes", names.count)) \(Words.quoted(names)) "
        + "\(Words.plural("uses", "use", names.count)) "
        + "\(Words.plural("restricted volume type", "restricted volume types", types.count)) \(Words.quoted(types))")
  }

  @Sendable private static func privilegeEscalation(_ pod: PodToCheck) -> PodSecurityViolation? {
    let bad = pod.names { $0["securityContext"]?["allowPrivilegeEscalation"] != false }
    guard !bad.isEmpty else { return nil }
    return PodSecurityViolation(
      reason: "allowPrivilegeEscalation != false",
      detail: "\(Words.containers(bad)) must set securityContext.allowPrivilegeEscalation=false")
  }

  @Sendable private static func nonRoot(_ pod: PodToCheck) -> PodSecurityViolation? {
    let reason = "runAsNonRoot != true"
    func value(_ context: JSONValue?) -> Bool? { context?["runAsNonRoot"]?.boolValue }
    let explicit = pod.names { value($0["securityContext"]) == false }
    if let setters = Words.setters(pod: value(pod.context) == false, explicit) {
      return PodSecurityViolation(
        reason: reason, detail: "\(setters) must not set securityContext.runAsNonRoot=false")
    }
    guard value(pod.context) != true else { return nil }
    let silent = pod.names { value($0["securityContext"]) == nil }
    guard !silent.isEmpty else { return nil }
    return PodSecurityViolation(
      reason: reason, detail: "pod or \(Words.containers(silent)) must set securityContext.runAsNonRoot=true")
  }

  @Sendable private static func user(_ pod: PodToCheck) -> PodSecurityViolation? {
    func isRoot(_ context: JSONValue?) -> Bool { context?["runAsUser"]?.integerValue == 0 }
    guard let setters = Words.setters(pod: isRoot(pod.context), pod.names { isRoot($0["securityContext"]) }) else {
      return nil
    }
    return PodSecurityViolation(reason: "runAsUser=0", detail: "\(setters) must not set runAsUser=0")
  }

  @Sendable private static func seccomp(_ pod: PodToCheck) -> PodSecurityViolation? {
    let fields = ProfileControls.unconfined("seccompProfile", pod)
    if let setters = Words.setters(pod: fields.pod, fields.containers) {
      return PodSecurityViolation(
        reason: "seccompProfile",
        detail: "\(setters) must not set securityContext.seccompProfile.type to \(Words.quoted(fields.values))")
    }
    func isSet(_ context: JSONValue?) -> Bool { context?["seccompProfile"]?.objectValue != nil }
    guard !isSet(pod.context) else { return nil }
    let silent = pod.names { !isSet($0["securityContext"]) }
    guard !silent.isEmpty else { return nil }
    return PodSecurityViolation(
      reason: "seccompProfile",
      detail: "pod or \(Words.containers(silent)) must set securityContext.seccompProfile.type to "
        + #""RuntimeDefault" or "Localhost""#)
  }

  @Sendable private static func capabilities(_ pod: PodToCheck) -> PodSecurityViolation? {
    func list(_ container: JSONValue, _ name: String) -> [String] {
      (container["securityContext"]?["capabilities"]?[name]?.arrayValue ?? []).compactMap(\.stringValue)
    }
    func extra(_ container: JSONValue) -> [String] { list(container, "add").filter { $0 != "NET_BIND_SERVICE" } }
    var problems: [String] = []
    let keeping = pod.names { !list($0, "drop").contains("ALL") }
    if !keeping.isEmpty {
      problems.append(#"\#(Words.containers(keeping)) must set securityContext.capabilities.drop=["ALL"]"#)
    }
    let adding = pod.names { !extra($0).isEmpty }
    if !adding.isEmpty {
      let names = Words.quoted(Words.sorted(pod.containers.flatMap(extra)))
      problems.append("\(Words.containers(adding)) must not include \(names) in securityContext.capabilities.add")
    }
    guard !problems.isEmpty else { return nil }
    return PodSecurityViolation(reason: "unrestricted capabilities", detail: problems.joined(separator: "; "))
  }
}
