import APIMachinery

/// What nobody needs who does not run the node itself (Pod Security Standards, "Baseline").
enum BaselineControls {
  private typealias Words = PodSecurityWords

  static let all: [PodSecurityCheck] =
    [
      PodSecurityCheck("hostNamespaces", (0, hostNamespaces)),
      PodSecurityCheck("privileged", (0, privileged)),
      PodSecurityCheck("capabilities_baseline", (0, capabilities)),
      PodSecurityCheck("hostPathVolumes", (0, hostPathVolumes)),
      PodSecurityCheck("hostPorts", (0, hostPorts)),
      PodSecurityCheck("hostProbesAndHostLifecycle", (34, hostsOfProbes)),
      PodSecurityCheck("windowsHostProcess", (0, windowsHostProcess)),
      PodSecurityCheck(
        "sysctls", (0, sysctls(safe: safeSysctls)), (27, sysctls(safe: safeSysctls27)),
        (29, sysctls(safe: safeSysctls29)), (32, sysctls(safe: safeSysctls32))),
      PodSecurityCheck(
        "procMount", (0, { procMount($0) }), (35, { $0.hasOwnUsers ? nil : procMount($0) })),
    ] + ProfileControls.all

  @Sendable private static func hostNamespaces(_ pod: PodToCheck) -> PodSecurityViolation? {
    let shared = ["hostNetwork", "hostPID", "hostIPC"].filter { pod.spec[$0] == true }
    guard !shared.isEmpty else { return nil }
    return PodSecurityViolation(
      reason: "host namespaces", detail: shared.map { "\($0)=true" }.joined(separator: ", "))
  }

  @Sendable private static func privileged(_ pod: PodToCheck) -> PodSecurityViolation? {
    let bad = pod.names { $0["securityContext"]?["privileged"] == true }
    guard !bad.isEmpty else { return nil }
    return PodSecurityViolation(
      reason: "privileged", detail: "\(Words.containers(bad)) must not set securityContext.privileged=true")
  }

  private static let defaultCapabilities: Set<String> = [
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP",
    "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
  ]

  @Sendable private static func capabilities(_ pod: PodToCheck) -> PodSecurityViolation? {
    func extra(_ container: JSONValue) -> [String] {
      (container["securityContext"]?["capabilities"]?["add"]?.arrayValue ?? []).compactMap(\.stringValue)
        .filter { !defaultCapabilities.contains($0) }
    }
    let bad = pod.names { !extra($0).isEmpty }
    guard !bad.isEmpty else { return nil }
    let names = Words.quoted(Words.sorted(pod.containers.flatMap(extra)))
    return PodSecurityViolation(
      reason: "non-default capabilities",
      detail: "\(Words.containers(bad)) must not include \(names) in securityContext.capabilities.add")
  }

  @Sendable private static func hostPathVolumes(_ pod: PodToCheck) -> PodSecurityViolation? {
    let bad = (pod.spec["volumes"]?.arrayValue ?? []).filter { $0["hostPath"] != nil }
      .map { $0["name"]?.stringValue ?? "" }
    guard !bad.isEmpty else { return nil }
    return PodSecurityViolation(
      reason: "hostPath volumes", detail: "\(Words.plural("volume", "volumes", bad.count)) \(Words.quoted(bad))")
  }

  @Sendable private static func hostPorts(_ pod: PodToCheck) -> PodSecurityViolation? {
    func ports(_ container: JSONValue) -> [String] {
      (container["ports"]?.arrayValue ?? []).compactMap { $0["hostPort"]?.integerValue }.filter { $0 != 0 }
        .map(String.init)
    }
    let bad = pod.names { !ports($0).isEmpty }
    guard !bad.isEmpty else { return nil }
    let used = Words.sorted(pod.containers.flatMap(ports))
    return PodSecurityViolation(
      reason: "hostPort",
      detail: "\(Words.containers(bad)) \(Words.plural("uses", "use", bad.count)) "
        + "\(Words.plural("hostPort", "hostPorts", used.count)) \(used.joined(separator: ", "))")
  }

  @Sendable private static func hostsOfProbes(_ pod: PodToCheck) -> PodSecurityViolation? {
    func hosts(_ container: JSONValue) -> [String] {
      let handlers =
        ["livenessProbe", "readinessProbe", "startupProbe"].map { container[$0] }
        + ["postStart", "preStop"].map { container["lifecycle"]?[$0] }
      return handlers.flatMap { handler in
        ["httpGet", "tcpSocket"].compactMap { handler?[$0]?["host"]?.stringValue }.filter { !$0.isEmpty }
      }
    }
    let bad = Words.sorted(pod.names { !hosts($0).isEmpty })
    guard !bad.isEmpty else { return nil }
    let used = Words.sorted(pod.containers.flatMap(hosts))
    return PodSecurityViolation(
      reason: "probe or lifecycle host",
      detail: "\(Words.containers(bad)) \(Words.plural("uses", "use", bad.count)) "
        + "\(Words.plural("probe or lifecycle host", "probe or lifecycle hosts", used.count)) \(Words.quoted(used))")
  }

  @Sendable private static func windowsHostProcess(_ pod: PodToCheck) -> PodSecurityViolation? {
    func isSet(_ context: JSONValue?) -> Bool { context?["windowsOptions"]?["hostProcess"] == true }
    guard
      let setters = Words.setters(pod: isSet(pod.context), pod.names { isSet($0["securityContext"]) })
    else { return nil }
    return PodSecurityViolation(
      reason: "hostProcess", detail: "\(setters) must not set securityContext.windowsOptions.hostProcess=true")
  }

  private static let safeSysctls: Set<String> = [
    "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range",
    "net.ipv4.ip_unprivileged_port_start",
  ]
  private static let safeSysctls27 = safeSysctls.union(["net.ipv4.ip_local_reserved_ports"])
  private static let safeSysctls29 = safeSysctls27.union([
    "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
  ])
  private static let safeSysctls32 = safeSysctls29.union(["net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"])

  private static func sysctls(safe: Set<String>) -> PodSecurityCheck.Test {
    { pod in
      let bad = (pod.context?["sysctls"]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue }
        .filter { !safe.contains($0) }
      guard !bad.isEmpty else { return nil }
      return PodSecurityViolation(reason: "forbidden sysctls", detail: bad.joined(separator: ", "))
    }
  }

  @Sendable static func procMount(_ pod: PodToCheck) -> PodSecurityViolation? {
    func other(_ container: JSONValue) -> String? {
      container["securityContext"]?["procMount"]?.stringValue.flatMap { $0 == "Default" ? nil : $0 }
    }
    let bad = pod.names { other($0) != nil }
    guard !bad.isEmpty else { return nil }
    let types = Words.quoted(Words.sorted(pod.containers.compactMap(other)))
    return PodSecurityViolation(
      reason: "procMount", detail: "\(Words.containers(bad)) must not set securityContext.procMount to \(types)")
  }
}
