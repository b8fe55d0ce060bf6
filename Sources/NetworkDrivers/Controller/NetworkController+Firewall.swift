import Addressing
import AsyncWork
import Linux
import Netlink
import NetworkModel
import Synchronization

extension NetworkController {
  /// What all networks and endpoints want of the firewall.
  func fragments() -> [FirewallFragment] {
    var fragments: [FirewallFragment] = []
    let (networks, endpoints) = view.withLock { ($0.networks, $0.endpoints) }
    for network in networks.values where !network.isConfigurationOnly {
      if let driver = drivers[network.driver] { fragments.append(driver.plan(network).firewall) }
    }
    for endpoint in endpoints.values {
      guard let network = networks[endpoint.networkID], let driver = drivers[network.driver] else { continue }
      fragments.append(driver.plan(endpoint, on: network).firewall)
    }
    return fragments
  }

  /// Puts our rules back whenever somebody has changed them, until the task is cancelled: a host's firewall that is
  /// reloaded takes everybody's rules with it.
  public func keepFirewall(on reactor: Reactor) async {
    do { try running().reaper.listen(on: reactor) } catch { return }
    let events: FirewallEvents
    do {
      events = try FirewallEvents(
        table: NftablesFirewall.tableName(configuration.instance), ownThread: Self.threadName,
        in: configuration.hostNamespace)
    } catch {
      Diagnostics.warn("changes of this host's rules will not be noticed: \(error)")
      return
    }
    while !Task.isCancelled {
      do {
        try await events.next(on: reactor)
        try await repairFirewall()
        // Software that changes rules all the time costs us one look at ours each time, and not more often than this.
        try await Task.sleep(for: .milliseconds(50))
      } catch is CancellationError { return } catch {
        Diagnostics.warn("putting rules back: \(error)")
        do { try await Task.sleep(for: .milliseconds(500)) } catch { return }
      }
    }
  }

  private func repairFirewall() async throws {
    let services = try running()
    try services.firewall.reconcile(fragments())
    // A client that began while there were no rules is remembered as one of the host's own, and would knock in vain until
    // it gives up: translation is decided once, with a connection's first packet.
    let ports = view.withLock { $0.endpoints.values.flatMap(\.ports) }
    try await services.reaper.forget(
      Set(ports.filter(\.isTranslatable).map { TransportPort($0.hostPort, $0.container.transport) }).map { port in
        var filter = ConntrackFilter(transport: port.transport)
        filter.originalDestinationPort = port.port
        filter.isDestinationTranslated = false
        filter.hasReply = false
        return filter
      })
  }
}
