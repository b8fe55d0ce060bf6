import ContainerRuntime

/// Turns a record, with everything found out about its surroundings, into what the runtime runs. Pure.
struct SpecificationBuilder {
  /// Where things are at this start.
  struct Surroundings: Equatable {
    var rootPath: String
    var hostname: String
    var network: NamespaceSpecification.Network
    var ipc: NamespaceSpecification.IPC = .private
    var pid: NamespaceSpecification.Choice = .private
    /// Files that show the container its own names: path in the container → path on the host.
    var nameFiles: [(target: String, source: String)] = []
    /// Variables about containers that it links to.
    var linkEnvironment: [String] = []
    var cgroupPath: String
    /// The program of `--init`.
    var initPath: String?
    var defaultLimits: [ProcessLimit] = []
    var sharedMemorySize: Int64 = 64 << 20
    var noNewPrivileges = false

    static func == (a: Surroundings, b: Surroundings) -> Bool {
      a.rootPath == b.rootPath && a.hostname == b.hostname && a.network == b.network && a.ipc == b.ipc && a.pid == b.pid
        && a.nameFiles.map(\.target) == b.nameFiles.map(\.target)
        && a.nameFiles.map(\.source) == b.nameFiles.map(\.source) && a.cgroupPath == b.cgroupPath
        && a.linkEnvironment == b.linkEnvironment && a.initPath == b.initPath && a.defaultLimits == b.defaultLimits
    }
  }

  let record: ContainerRecord
  let surroundings: Surroundings

  private var definition: ContainerDefinition { record.definition }

  func specification() -> ContainerSpecification {
    var spec = ContainerSpecification(
      id: record.id, process: process(), rootPath: surroundings.rootPath, cgroupPath: surroundings.cgroupPath)
    spec.readOnlyRoot = definition.readOnlyRoot
    spec.hostname = usesHostNames ? nil : hostname
    spec.domainName = definition.domainName.flatMap { $0.isEmpty ? nil : $0 }
    spec.mounts = mounts()
    spec.devices = definition.devices.map {
      DeviceSpecification(hostPath: $0.hostPath, containerPath: $0.containerPath, permissions: $0.permissions)
    }
    spec.deviceRules = definition.deviceRules
    spec.maskedPaths = definition.security.maskedPaths
    spec.readOnlyPaths = definition.security.readOnlyPaths
    spec.namespaces = namespaces()
    spec.sysctls = definition.sysctls
    spec.resources = Self.resources(definition.resources)
    spec.privileged = definition.security.privileged
    spec.initPath = surroundings.initPath
    spec.sharedMemorySize = definition.sharedMemorySize.flatMap { $0 > 0 ? $0 : nil } ?? surroundings.sharedMemorySize
    spec.annotations = definition.annotations
    return spec
  }

  private var hostname: String { surroundings.hostname }

  private var usesHostNames: Bool { definition.namespaces.uts == .host }

  private func process() -> ProcessSpecification {
    var process = ProcessSpecification(arguments: [record.path] + record.arguments)
    process.environment = Self.environment(
      surroundings.linkEnvironment + definition.environment, hostname: hostname, terminal: definition.terminal)
    process.workingDirectory = definition.workingDirectory.flatMap { $0.isEmpty ? nil : $0 } ?? "/"
    process.user = definition.user ?? ""
    process.additionalGroups = definition.additionalGroups
    process.terminal = definition.terminal
    process.addedCapabilities = definition.security.addedCapabilities
    process.droppedCapabilities = definition.security.droppedCapabilities
    process.noNewPrivileges = definition.security.noNewPrivileges || surroundings.noNewPrivileges
    process.seccomp = Self.seccomp(definition.security)
    process.apparmorProfile = definition.security.apparmorProfile
    let named = Set(definition.resourceLimits.map(\.name))
    process.limits = (definition.resourceLimits + surroundings.defaultLimits.filter { !named.contains($0.name) }).map {
      ProcessLimitSpecification(name: $0.name, soft: $0.soft, hard: $0.hard)
    }
    process.oomScoreAdjustment = definition.resources.oomScoreAdjustment
    return process
  }

  /// Docker's environment: PATH and HOSTNAME first, TERM with a terminal, then the container's own, which wins; a bare
  /// name takes a variable away.
  static func environment(_ own: [String], hostname: String, terminal: Bool) -> [String] {
    var base = ["PATH=\(ContainerDefaults.path)", "HOSTNAME=\(hostname)"]
    if terminal { base.append("TERM=xterm") }
    var order: [Substring] = []
    var values: [Substring: String] = [:]
    for entry in base + own {
      let name = entry.prefix { $0 != "=" }
      guard entry.contains("=") else {
        values[name] = nil
        continue
      }
      if values[name] == nil { order.append(name) }
      values[name] = entry
    }
    var seen: Set<Substring> = []
    return order.compactMap { seen.insert($0).inserted ? values[$0] : nil }
  }

  static func seccomp(_ security: SecurityChoices) -> SeccompChoice {
    if security.privileged { return .unconfined }
    switch security.seccompProfile {
    case nil, "", "builtin": return .defaultProfile
    case "unconfined": return .unconfined
    case .some(let text): return .profile(text)
    }
  }

  static func resources(_ limits: ResourceLimits) -> ResourceSpecification {
    var resources = ResourceSpecification()
    resources.memory = positive(limits.memory)
    resources.memoryReservation = positive(limits.memoryReservation)
    if let memory = resources.memory {
      let swap = limits.memorySwap ?? 0
      resources.memorySwap = swap == 0 ? ResourceLimits.memoryAndSwap(besides: memory) : swap
    }
    resources.memorySwappiness = limits.memorySwappiness.flatMap { $0 >= 0 ? $0 : nil }
    resources.cpuShares = positive(limits.cpuShares)
    resources.cpuPeriod = positive(limits.cpuPeriod)
    resources.cpuQuota = limits.cpuQuota.flatMap { $0 == 0 ? nil : $0 }
    resources.cpuRealtimePeriod = positive(limits.cpuRealtimePeriod)
    resources.cpuRealtimeRuntime = positive(limits.cpuRealtimeRuntime)
    resources.nanoCPUs = positive(limits.nanoCPUs)
    resources.cpuset = limits.cpuset.flatMap { $0.isEmpty ? nil : $0 }
    resources.memoryNodes = limits.memoryNodes.flatMap { $0.isEmpty ? nil : $0 }
    resources.pids = limits.pids.flatMap { $0 == 0 ? nil : $0 }
    resources.blockIOWeight = positive(limits.blockIOWeight)
    resources.blockIODevices = limits.blockIODevices.compactMap { limit in
      ResourceSpecification.BlockIODevice.Kind(rawValue: limit.kind.rawValue).map {
        .init(kind: $0, path: limit.path, value: limit.value)
      }
    }
    resources.disableOOMKiller = limits.disableOOMKiller
    return resources
  }

  private static func positive<Number: FixedWidthInteger>(_ value: Number?) -> Number? {
    value.flatMap { $0 > 0 ? $0 : nil }
  }

  private func namespaces() -> NamespaceSpecification {
    var namespaces = NamespaceSpecification()
    namespaces.network = surroundings.network
    namespaces.ipc = surroundings.ipc
    namespaces.pid = surroundings.pid
    namespaces.uts = usesHostNames ? .host : .private
    namespaces.cgroup =
      switch definition.namespaces.cgroup {
      case .host: .host
      case .private: .private
      default: nil
      }
    return namespaces
  }

  private func mounts() -> [MountSpecification] {
    let own = Set(record.mounts.map(\.destination))
    var mounts = surroundings.nameFiles.filter { !own.contains($0.target) }.map {
      MountSpecification.bind($0.source, target: $0.target)
    }
    // Parents before what lies under them.
    for mount in record.mounts.sorted(by: {
      ($0.destination.split(separator: "/").count, $0.destination) < (
        $1.destination.split(separator: "/").count, $1.destination
      )
    }) {
      switch mount.kind {
      case .tmpfs:
        var spec = MountSpecification.tmpfs(target: mount.destination, options: mount.options)
        spec.readOnly = mount.readOnly
        mounts.append(spec)
      case .bind, .volume:
        var spec = MountSpecification.bind(mount.source, target: mount.destination, readOnly: mount.readOnly)
        if !mount.propagation.isEmpty { spec.propagation = mount.propagation }
        spec.recursive = !mount.nonRecursive
        mounts.append(spec)
      }
    }
    return mounts
  }
}
