import Addressing
import Netlink
import NetworkModel
import Synchronization

extension NetworkController {
  /// Publishes these ports of an endpoint and no others. What is published already and stays is not interrupted; when it
  /// fails nothing has changed.
  public func setPorts(_ bindings: [PortBinding], of id: String) async throws -> EndpointRecord {
    let services = try running()
    if isOnOverlay(id) { return try await setCarriedPorts(bindings, of: id) }
    guard let old = view.withLock({ $0.endpoints[id] }), let network = network(old.networkID) else {
      throw NetworkError(.notFound, "endpoint \(id) not found")
    }
    if let plugin = plugin(of: network) { return try await setPortsAtPlugin(bindings, of: old, plugin, services) }
    let driver = try driver(of: network)
    var rest = old.ports
    var kept: [PublishedPort] = []
    var missing: [PortBinding] = []
    for binding in bindings {
      let matches = rest.filter { binding.isFulfilled(by: $0) }
      if let first = matches.first {
        let same = matches.filter { $0.hostPort == first.hostPort }
        kept += same
        rest.removeAll { same.contains($0) }
      } else {
        missing.append(binding)
      }
    }
    var changed = old
    changed.ports = []
    do { try publish(&changed, missing, on: network, services) } catch { throw Self.programming(old, error) }
    let new = changed.ports
    changed.ports = (kept + new).sorted { ($0.container, $0.hostAddress) < ($1.container, $1.hostAddress) }
    if !changed.openPorts.isEmpty || !old.openPorts.isEmpty {
      changed.openPorts = Array(Set(bindings.map(\.container))).sorted()
    }
    let before = driver.plan(old, on: network).firewall
    let after = driver.plan(changed, on: network).firewall
    let coming = FirewallFragment(key: after.key, entries: after.entries.filter { !before.entries.contains($0) })
    let going = FirewallFragment(key: before.key, entries: before.entries.filter { !after.entries.contains($0) })
    do {
      try services.journal.put(changed)
      try services.shortcuts.remove(going.loopbackShortcuts)
      try services.firewall.remove(going)
      try services.firewall.add(coming)
      try services.ports.open(new)
      services.shortcuts.add(coming.loopbackShortcuts)
    } catch {
      var errors = ErrorList()
      errors.attempt { try services.shortcuts.remove(coming.loopbackShortcuts) }
      errors.attempt { try services.firewall.remove(coming) }
      errors.attempt { try services.firewall.add(going) }
      services.shortcuts.add(going.loopbackShortcuts)
      errors.attempt { try services.journal.put(old) }
      services.ports.release(new)
      for other in errors.errors { Diagnostics.warn("after a failed change of ports: \(other)") }
      throw error
    }
    services.ports.release(rest)
    let settled = changed
    view.withLock { $0.endpoints[id] = settled }
    // Whoever was led by a port that is gone shall not be led on by what connection tracking remembers.
    if !rest.isEmpty { try await services.reaper.forget(Self.connections(of: old)) }
    return settled
  }
}

extension PortBinding {
  /// Whether a published port is what this wish asks for.
  fileprivate func isFulfilled(by port: PublishedPort) -> Bool {
    guard port.container == container, hostPorts?.contains(port.hostPort) ?? true else { return false }
    return hostAddress.map { $0.unmapped == port.hostAddress } ?? port.hostAddress.isUnspecified
  }
}
