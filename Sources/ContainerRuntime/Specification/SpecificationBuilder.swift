import Linux
import OCI

/// Turns a specification into the configuration that an OCI runtime reads. Pure: what the host knows comes in.
struct SpecificationBuilder {
  let host: HostFeatures

  /// Where the small init is shown in the container.
  static let initTarget = "/sbin/docker-init"

  func configuration(
    for specification: ContainerSpecification, _ resolved: ResolvedHostObjects
  ) throws(RuntimeError) -> RuntimeConfiguration {
    var arguments = specification.process.arguments
    let runsInit = specification.initPath != nil && specification.namespaces.pid == .private
    if runsInit { arguments = [Self.initTarget, "--"] + arguments }
    var process = try self.process(
      specification.process, identity: resolved.identity, privileged: specification.privileged,
      hostname: specification.hostname)
    process.arguments = arguments
    var configuration = RuntimeConfiguration(process: process, rootPath: specification.rootPath)
    configuration.rootReadOnly = specification.readOnlyRoot
    if specification.namespaces.uts == .private { configuration.hostname = specification.hostname }
    configuration.annotations = specification.annotations
    configuration.mounts = try mounts(specification, resolved, runsInit: runsInit)
    configuration.linux = try linux(specification, resolved, capabilities: process.bounding)
    return configuration
  }

  private func linux(
    _ specification: ContainerSpecification, _ resolved: ResolvedHostObjects, capabilities: [String]
  ) throws(RuntimeError) -> RuntimeLinux {
    var linux = RuntimeLinux()
    linux.namespaces = namespaces(specification.namespaces)
    linux.cgroupsPath = specification.cgroupPath
    linux.devices = resolved.devices.map(\.node)
    linux.resources = try resources(specification.resources, resolved)
    linux.resources.devices = try deviceRules(specification, resolved)
    linux.sysctl = sysctls(specification)
    linux.rootfsPropagation = rootPropagation(specification.mounts)
    if specification.privileged {
      linux.maskedPaths = specification.maskedPaths ?? []
      linux.readonlyPaths = specification.readOnlyPaths ?? []
    } else {
      linux.maskedPaths = specification.maskedPaths ?? ContainerDefaults.maskedPaths
      linux.readonlyPaths = specification.readOnlyPaths ?? ContainerDefaults.readOnlyPaths
    }
    linux.seccomp = try seccomp(
      specification.process.seccomp, privileged: specification.privileged, capabilities: capabilities)
    return linux
  }

  private func namespaces(_ choice: NamespaceSpecification) -> [RuntimeNamespace] {
    var namespaces = [RuntimeNamespace(.mount)]
    switch choice.network {
    case .path(let path): namespaces.append(RuntimeNamespace(.network, path: path))
    case .none: namespaces.append(RuntimeNamespace(.network))
    case .host: break
    }
    func add(_ kind: RuntimeNamespace.Kind, _ choice: NamespaceSpecification.Choice) {
      switch choice {
      case .private: namespaces.append(RuntimeNamespace(kind))
      case .path(let path): namespaces.append(RuntimeNamespace(kind, path: path))
      case .host: break
      }
    }
    add(.uts, choice.uts)
    add(.pid, choice.pid)
    switch choice.ipc {
    case .private, .shareable, .none: namespaces.append(RuntimeNamespace(.ipc))
    case .path(let path, _): namespaces.append(RuntimeNamespace(.ipc, path: path))
    case .host: break
    }
    add(.cgroup, choice.cgroup ?? (host.cgroups.version == 2 ? .private : .host))
    return namespaces
  }

  private func deviceRules(
    _ specification: ContainerSpecification, _ resolved: ResolvedHostObjects
  ) throws(RuntimeError) -> [RuntimeDeviceRule] {
    if specification.privileged { return DefaultDevices.everything }
    var rules = DefaultDevices.rules
    for device in resolved.devices {
      rules.append(
        RuntimeDeviceRule(
          allow: true, type: device.node.type, major: device.node.major, minor: device.node.minor,
          access: device.permissions))
    }
    for text in specification.deviceRules {
      guard let rule = DeviceRuleText.parse(text) else {
        throw RuntimeError(.invalidSpecification, "invalid device cgroup rule format: '\(text)'")
      }
      rules.append(rule)
    }
    return rules
  }

  /// A process without privileges may open low ports and ping inside its own network: docker's defaults.
  private func sysctls(_ specification: ContainerSpecification) -> [String: String] {
    var sysctls: [String: String] = [:]
    if specification.namespaces.network != .host {
      sysctls["net.ipv4.ip_unprivileged_port_start"] = "0"
      sysctls["net.ipv4.ping_group_range"] = "0 2147483647"
    }
    if let name = specification.domainName, !name.isEmpty, specification.namespaces.uts == .private {
      sysctls["kernel.domainname"] = name
    }
    return sysctls.merging(specification.sysctls) { $1 }
  }

  private func rootPropagation(_ mounts: [MountSpecification]) -> String? {
    let kinds = Set(mounts.map(\.propagation))
    if kinds.contains("shared") || kinds.contains("rshared") { return "shared" }
    if kinds.contains("slave") || kinds.contains("rslave") { return "slave" }
    return nil
  }
}

/// Rules in the words of the devices cgroup: `c 10:200 rwm`, `b *:* r`, `a`.
enum DeviceRuleText {
  static func parse(_ text: String) -> RuntimeDeviceRule? {
    let fields = text.split(separator: " ").map(String.init)
    guard fields.count == 3, ["a", "b", "c"].contains(fields[0]) else { return nil }
    let numbers = fields[1].split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard numbers.count == 2, !fields[2].isEmpty, fields[2].allSatisfy({ "rwm".contains($0) }) else { return nil }
    var rule = RuntimeDeviceRule(allow: true, type: fields[0], access: fields[2])
    if numbers[0] != "*" {
      guard let major = Int64(numbers[0]), major >= 0 else { return nil }
      rule.major = major
    }
    if numbers[1] != "*" {
      guard let minor = Int64(numbers[1]), minor >= 0 else { return nil }
      rule.minor = minor
    }
    return rule
  }
}
