import Addressing
import AsyncWork
import Linux
import Netlink
import NetworkModel
import Synchronization

extension NetworkController {
  /// What all networks and endpoints want of the firewall that are not just leaving.
  func fragments() -> [FirewallFragment] {
    var fragments: [FirewallFragment] = []
    let view = view.withLock { $0 }
    let networks = view.networks
    for network in networks.values where !network.isConfigurationOnly && !view.leaving.contains(network.id) {
      if let driver = try? driver(of: network) { fragments.append(driver.plan(network).firewall) }
    }
    for endpoint in view.endpoints.values where !view.departing.contains(endpoint.id) {
      guard let network = networks[endpoint.networkID], let driver = try? driver(of: network) else { continue }
      fragments.append(driver.plan(endpoint, on: network).firewall)
    }
    return fragments
  }

  /// Puts our rules back whenever somebody has changed them, until the task is cancelled: a host's firewall that is
  /// reloaded takes everybody's rules with it.
  public func keepFirewall(on reactor: Reactor) async {
    do { try running().reaper.listen(on: reactor) } catch { return }
    let watch: any FirewallWatch
    do { watch = try running().firewall.watch(in: configuration.hostNamespace) } catch {
      Diagnostics.warn("changes of this host's rules will not be noticed: \(error)")
      return
    }
    // Nobody announces what was changed before there was a watch.
    var isDue = true
    while !Task.isCancelled {
      do {
        if !isDue { try await watch.next(on: reactor) }
        isDue = false
        try await repairFirewall()
        warnOfForwarding()
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
    if try services.firewall.reconcile(fragments()) { try await forgetUntranslated(services) }
  }

  /// Connection tracking remembers of a packet that came for a published port while there were no rules that it went
  /// nowhere, and would send all that follow after it. What was answered, or translated, is left alone.
  func forgetUntranslated(_ services: Services) async throws {
    let ports = Set(view.withLock { $0.endpoints.values.flatMap { $0.ports.filter(\.isTranslatable) } })
    try await services.reaper.forget(
      ports.map { port in
        var filter = ConntrackFilter(transport: port.container.transport)
        filter.originalDestinationPort = port.hostPort
        if !port.hostAddress.isUnspecified { filter.originalDestination = port.hostAddress }
        filter.without = [.seenReply, .sourceTranslated, .destinationTranslated]
        return filter
      })
  }

  /// Opens the backend that was asked for.
  func openFirewall() throws -> any Firewall {
    switch configuration.firewallBackend {
    case .nftables:
      try NftablesFirewall(instance: configuration.instance, guardsTunnels: configuration.cluster != nil)
    case .iptables:
      try IptablesFirewall(
        instance: configuration.instance, guardsTunnels: configuration.cluster != nil,
        searchPath: configuration.searchPath)
    }
  }

  /// Takes away what an engine that ran before with another backend has left. It comes after the rules of this one are
  /// in force, so that there is no moment without any; what cannot be taken away keeps no engine from starting.
  func removeOtherFirewalls(_ firewall: any Firewall) {
    var errors = ErrorList()
    if configuration.firewallBackend != .nftables {
      errors.attempt { try NftablesFirewall(instance: configuration.instance).removeAll() }
    }
    errors.attempt {
      try IptablesFirewall.removeLeftovers(
        of: configuration.instance, searchPath: configuration.searchPath,
        keeping: (firewall as? IptablesFirewall)?.kind)
    }
    for error in errors.errors { Diagnostics.warn("another firewall backend's rules: \(error)") }
  }
}
