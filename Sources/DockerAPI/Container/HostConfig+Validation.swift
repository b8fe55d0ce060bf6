// What Docker refuses before it looks at the host, in Docker's words. Everything here is status 400.

extension CreateRequest {
  /// Refuses settings that contradict each other. The defaults have not been filled in yet.
  public func validateConflicts() throws(QueryError) {
    guard let host = hostConfig else { return }
    try validateNetworkMode(host)
    if NamespaceMode(host.utsMode) == .host, !config.hostname.isEmpty {
      throw QueryError("conflicting options: hostname and the UTS mode")
    }
    if NamespaceMode(host.networkMode) == .host, host.links?.isEmpty == false {
      throw QueryError(
        "conflicting options: host type networking can't be used with links. This would result in undefined behavior")
    }
    if !["", "default"].contains(host.isolation.lowercased()) {
      throw QueryError("invalid isolation (\(host.isolation)): linux only supports 'default'")
    }
    if host.resources.ioMaximumBandwidth != 0 {
      throw QueryError("invalid option: QoS maximum bandwidth configuration is not supported on linux")
    }
    if host.resources.ioMaximumIOps != 0 {
      throw QueryError("invalid option: QoS maximum IOPs configuration is not supported on linux")
    }
    if host.resources.cpuRealtimePeriod != 0 || host.resources.cpuRealtimeRuntime != 0 {
      throw QueryError("kernel does not support CPU real-time scheduler")
    }
    if host.resources.cpuShares < 0 {
      throw QueryError("invalid CPU shares (\(host.resources.cpuShares)): value must be a positive integer")
    }
  }

  private func validateNetworkMode(_ host: HostConfig) throws(QueryError) {
    switch NamespaceMode(host.networkMode) {
    case .container(let name):
      if name.isEmpty { throw QueryError("invalid network mode: invalid container format container:<name|id>") }
    case .named("container"):
      throw QueryError("invalid network mode: invalid container format container:<name|id>")
    default: return
    }
    if !config.hostname.isEmpty { throw QueryError("conflicting options: hostname and the network mode") }
    if host.links?.isEmpty == false {
      throw QueryError(
        "conflicting options: container type network can't be used with links. "
          + "This would result in undefined behavior")
    }
    if host.dns?.isEmpty == false { throw QueryError("conflicting options: dns and the network mode") }
    if host.extraHosts?.isEmpty == false {
      throw QueryError("conflicting options: custom host-to-IP mapping and the network mode")
    }
    if host.portBindings?.isEmpty == false || host.publishAllPorts {
      throw QueryError("conflicting options: port publishing and the container type network mode")
    }
    if config.exposedPorts?.isEmpty == false {
      throw QueryError("conflicting options: port exposing and the container type network mode")
    }
  }
}

extension HostConfig {
  /// Refuses values that no host could honour.
  public func validate() throws(QueryError) {
    if autoRemove, !["", "no"].contains(restartPolicy.name) {
      throw QueryError("can't create 'AutoRemove' container with restart policy")
    }
    for mount in mounts ?? [] { try mount.validate() }
    for entry in extraHosts ?? [] { try Self.validateExtraHost(entry) }
    for (port, bindings) in (portBindings ?? [:]).sorted(by: { $0.key < $1.key }) {
      _ = try PortSpec(port)
      for binding in bindings ?? [] { _ = try PortSpec.hostRange(binding.hostPort) }
    }
    try restartPolicy.validate()
    _ = try CapabilityNames.normalize(capAdd?.words ?? [], field: "CapAdd")
    _ = try CapabilityNames.normalize(capDrop?.words ?? [], field: "CapDrop")
    if annotations?.keys.contains("") == true {
      throw QueryError("invalid Annotations: the empty string is not permitted as an annotation key")
    }
    try validateModes()
    try resources.validate()
    if shmSize < 0 { throw QueryError("SHM size can not be less than 0") }
    if !(-1000...1000).contains(oomScoreAdj) {
      throw QueryError("Invalid value \(oomScoreAdj), range for oom score adj is [-1000, 1000]")
    }
  }

  private func validateModes() throws(QueryError) {
    switch NamespaceMode(ipcMode) {
    case .named: throw QueryError("invalid IPC mode: \(ipcMode)")
    default: break
    }
    switch NamespaceMode(pidMode) {
    case .unset, .host: break
    case .container(let name) where !name.isEmpty: break
    default: throw QueryError("invalid PID mode: \(pidMode)")
    }
    guard [.unset, .host].contains(NamespaceMode(utsMode)) else { throw QueryError("invalid UTS mode: \(utsMode)") }
    guard [.unset, .host].contains(NamespaceMode(usernsMode)) else {
      throw QueryError("invalid user namespace mode: \(usernsMode)")
    }
    guard [.unset, .host, .private].contains(NamespaceMode(cgroupnsMode)) else {
      throw QueryError("invalid cgroup namespace mode: \(cgroupnsMode)")
    }
  }

  private static func validateExtraHost(_ entry: String) throws(QueryError) {
    let separator = entry.firstIndex { $0 == ":" || $0 == "=" }
    guard let separator, separator != entry.startIndex, entry.index(after: separator) != entry.endIndex else {
      throw QueryError("bad format for add-host: \"\(entry)\"")
    }
    let address = entry[entry.index(after: separator)...]
    if address == "host-gateway" { return }
    let bare = address.hasPrefix("[") && address.hasSuffix("]") ? address.dropFirst().dropLast() : address
    guard AddressText.isAddress(String(bare)) else {
      throw QueryError("invalid IP address in add-host: \"\(address)\"")
    }
  }
}

extension RestartPolicy {
  /// Refuses unknown policies and counts that make no sense.
  public func validate() throws(QueryError) {
    switch name {
    case "always", "unless-stopped", "no":
      guard maximumRetryCount != 0 else { return }
      throw QueryError(
        "invalid restart policy: maximum retry count can only be used with 'on-failure'"
          + (maximumRetryCount < 0 ? " and cannot be negative" : ""))
    case "on-failure":
      if maximumRetryCount < 0 {
        throw QueryError("invalid restart policy: maximum retry count cannot be negative")
      }
    case "": return
    default:
      throw QueryError(
        "invalid restart policy: unknown policy '\(name)'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'"
      )
    }
  }
}
