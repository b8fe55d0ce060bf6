import OCI

/// A seccomp profile in Docker's sense: rules that may depend on the container's capabilities, the processor and the
/// kernel. Choosing the rules that hold gives what the OCI specification knows.
struct SeccompProfile: Sendable {
  var defaultAction: String
  var defaultErrno: UInt32?
  /// What the filter covers; nil for the host's own with its 32-bit siblings.
  var architectures: [String]?
  var rules: [Rule]

  struct Rule: Sendable {
    var names: [String]
    var action: String
    var errno: UInt32?
    var arguments: [RuntimeSeccomp.Argument] = []
    var includes = Condition()
    var excludes = Condition()
  }

  struct Condition: Sendable {
    var capabilities: [String] = []
    /// In Go's names: `amd64`, `arm64`.
    var architectures: [String] = []
    var minimumKernel: HostFeatures.KernelVersion?
  }

  /// The rules that hold for a container with these capabilities on this host.
  func resolve(capabilities: [String], host: HostFeatures) -> RuntimeSeccomp {
    let architecture = Self.architecture(host.machine)
    var seccomp = RuntimeSeccomp(defaultAction: defaultAction)
    seccomp.defaultErrno = defaultErrno
    seccomp.architectures = architectures ?? architecture.names
    for rule in rules where holds(rule, capabilities, architecture.go, host.kernel) {
      seccomp.rules.append(
        .init(names: rule.names, action: rule.action, errno: rule.errno, arguments: rule.arguments))
    }
    return seccomp
  }

  private func holds(
    _ rule: Rule, _ capabilities: [String], _ architecture: String, _ kernel: HostFeatures.KernelVersion
  ) -> Bool {
    if !rule.excludes.architectures.isEmpty, rule.excludes.architectures.contains(architecture) { return false }
    if rule.excludes.capabilities.contains(where: capabilities.contains) { return false }
    if let version = rule.excludes.minimumKernel, kernel >= version { return false }
    if !rule.includes.architectures.isEmpty, !rule.includes.architectures.contains(architecture) { return false }
    if !rule.includes.capabilities.allSatisfy(capabilities.contains) { return false }
    if let version = rule.includes.minimumKernel, kernel < version { return false }
    return true
  }

  /// Go's name of a machine, and what libseccomp calls it and those whose programs it runs.
  static func architecture(_ machine: String) -> (go: String, names: [String]) {
    switch machine {
    case "x86_64": ("amd64", ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"])
    case "aarch64": ("arm64", ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"])
    case "ppc64le": ("ppc64le", ["SCMP_ARCH_PPC64LE"])
    case "s390x": ("s390x", ["SCMP_ARCH_S390X", "SCMP_ARCH_S390"])
    case "riscv64": ("riscv64", ["SCMP_ARCH_RISCV64"])
    default: (machine, [])
    }
  }
}
