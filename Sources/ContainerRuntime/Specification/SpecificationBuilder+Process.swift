import Linux
import OCI

extension SpecificationBuilder {
  /// The process part: for a container's first process, and for an exec.
  func process(
    _ specification: ProcessSpecification, identity: UserDatabase.Identity, privileged: Bool, hostname: String?
  ) throws(RuntimeError) -> RuntimeProcess {
    var process = RuntimeProcess(arguments: specification.arguments)
    process.terminal = specification.terminal
    if let size = specification.terminalSize, specification.terminal {
      process.consoleSize = (height: size.rows, width: size.columns)
    }
    process.user = identity.user
    process.environment = environment(specification, home: identity.home, hostname: hostname)
    process.workingDirectory = specification.workingDirectory.isEmpty ? "/" : specification.workingDirectory
    let capabilities = try CapabilityChoice.resolve(
      added: specification.addedCapabilities, dropped: specification.droppedCapabilities, privileged: privileged,
      all: host.capabilities)
    process.bounding = capabilities
    // Another user than root gets what execve(2) would leave it: nothing but the bound.
    if identity.user.user == 0 {
      process.effective = capabilities
      process.permitted = capabilities
    }
    process.noNewPrivileges = specification.noNewPrivileges
    if host.appArmor { process.apparmorProfile = specification.apparmorProfile }
    process.limits = try limits(specification.limits)
    if let adjustment = specification.oomScoreAdjustment {
      guard (-1000...1000).contains(adjustment) else {
        throw RuntimeError(
          .invalidSpecification, "Invalid value \(adjustment), range for oom score adj is [-1000, 1000]")
      }
      guard adjustment >= 0 || host.canRaiseLimits else {
        throw RuntimeError(
          .invalidSpecification,
          "oom score adj \(adjustment): a negative value needs CAP_SYS_RESOURCE, which the engine does not have here")
      }
      process.oomScoreAdjustment = adjustment
    }
    return process
  }

  /// What was asked for, after what every process finds and before what only the container's files tell.
  private func environment(_ specification: ProcessSpecification, home: String, hostname: String?) -> [String] {
    let given = specification.environment
    func has(_ name: String) -> Bool { given.contains { $0.hasPrefix(name + "=") } }
    var environment: [String] = []
    if !has("PATH") { environment.append("PATH=\(ContainerDefaults.path)") }
    if let hostname, !hostname.isEmpty, !has("HOSTNAME") { environment.append("HOSTNAME=\(hostname)") }
    if specification.terminal, !has("TERM") { environment.append("TERM=xterm") }
    environment += given.filter { $0.contains("=") }
    if !has("HOME") { environment.append("HOME=\(home)") }
    return environment
  }

  private func limits(_ limits: [ProcessLimitSpecification]) throws(RuntimeError) -> [RuntimeLimit] {
    var byName: [String: RuntimeLimit] = [:]
    for limit in limits {
      var name = limit.name.lowercased()
      if name.hasPrefix("rlimit_") { name.removeFirst(7) }
      guard ResourceLimits.numbers[name] != nil else {
        throw RuntimeError(.invalidSpecification, "invalid ulimit type: \(limit.name)")
      }
      let soft = limit.soft < 0 ? UInt64.max : UInt64(limit.soft)
      let hard = limit.hard < 0 ? UInt64.max : UInt64(limit.hard)
      guard soft <= hard else {
        throw RuntimeError(
          .invalidSpecification, "ulimit soft limit must be less than or equal to hard limit: \(soft) > \(hard)")
      }
      if !host.canRaiseLimits, let most = host.hardLimits[name], hard > most {
        throw RuntimeError(
          .invalidSpecification,
          "ulimit \(name)=\(Self.text(soft)):\(Self.text(hard)): the engine's own hard limit is \(most), and raising it "
            + "needs CAP_SYS_RESOURCE, which it does not have here")
      }
      byName[name] = RuntimeLimit(type: "RLIMIT_" + name.uppercased(), soft: soft, hard: hard)
    }
    return byName.values.sorted { $0.type < $1.type }
  }

  private static func text(_ limit: UInt64) -> String { limit == .max ? "unlimited" : String(limit) }
}
