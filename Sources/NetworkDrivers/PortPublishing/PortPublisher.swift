import Addressing
import Linux
import NetworkModel

/// Gives containers ports of the host: chooses them, holds them with real sockets, and says which address each leads to.
final class PortPublisher {
  private var allocator: PortAllocator
  private let holder: any PortHolder
  private let hasIPv6: Bool
  private let proxies: Bool
  private let defaultAddress: IPAddress?
  private let passesInput: Bool

  /// - Parameters:
  ///   - proxies: whether user space may lead where the kernel cannot (`--userland-proxy`).
  ///   - defaultAddress: the address for bindings that name none (`--ip`); nil means all addresses.
  ///   - passesInput: whether user space leads on everything, behind the host's own input rules.
  init(
    ephemeral: PortRange, reserved: Set<Port>, holder: any PortHolder, hasIPv6: Bool, proxies: Bool,
    defaultAddress: IPAddress?, passesInput: Bool = false
  ) {
    allocator = PortAllocator(ephemeral: ephemeral, reserved: reserved)
    self.holder = holder
    self.hasIPv6 = hasIPv6
    self.proxies = proxies
    self.defaultAddress = defaultAddress
    self.passesInput = passesInput
  }

  /// Fulfils all wishes of an endpoint or none.
  /// - Parameter routed: Families in which the endpoint is reached at its own address: addresses of the host of these
  ///   lead nowhere.
  func publish(
    _ bindings: [PortBinding], to address: IPv4Address?, _ address6: IPv6Address?, hostBinding: IPAddress?,
    routed: Set<IPFamily> = []
  ) throws -> [PublishedPort] {
    var published: [PublishedPort] = []
    do {
      // Fixed ports first, so that no automatic choice takes what a later binding names.
      let order = bindings.filter { $0.hostPorts?.count == 1 } + bindings.filter { $0.hostPorts?.count != 1 }
      for binding in order {
        published += try publish(binding, to: address, address6, hostBinding ?? defaultAddress, routed)
      }
    } catch {
      release(published)
      throw error
    }
    return published.sorted { ($0.container, $0.hostAddress) < ($1.container, $1.hostAddress) }
  }

  /// Takes the ports of an endpoint that ran before us. What is held no longer is bound again; a port that another
  /// process took meanwhile stays ours in the kernel's rules, and the error tells of it.
  func adopt(_ ports: [PublishedPort]) throws {
    var errors = ErrorList()
    for port in ports {
      allocator.adopt(port.hostPort, port.container.transport, on: port.hostAddress)
      errors.attempt { try holder.hold(port) }
    }
    try errors.throwIfAny("ports of a running container")
  }

  /// Lets packets in where user space leads them on, now that there is somebody to receive them.
  func open(_ ports: [PublishedPort]) throws {
    for port in ports where port.needsProxy { try holder.open(port) }
  }

  /// After all adoptions: lets go what belongs to endpoints that are no more.
  func releaseRest() { holder.releaseRest() }

  /// Gives ports back; never fails half way.
  func release(_ ports: [PublishedPort]) {
    for port in ports {
      holder.release(port)
      allocator.release(port.hostPort, port.container.transport, on: port.hostAddress)
    }
  }

  private func publish(
    _ binding: PortBinding, to address: IPv4Address?, _ address6: IPv6Address?, _ defaultAddress: IPAddress?,
    _ routed: Set<IPFamily>
  ) throws -> [PublishedPort] {
    let hosts = hostAddresses(binding.hostAddress ?? defaultAddress, hasTarget6: address6 != nil)
      .filter { !routed.contains($0.family) }
    if hosts.isEmpty { return [] }
    func target(_ host: IPAddress) -> IPAddress? {
      switch host.family {
      case .v4: address.map { .v4($0) }
      case .v6: address6.map { .v6($0) } ?? address.map { .v4($0) }
      }
    }
    var refused: Set<Port> = []
    while true {
      let port = try allocator.allocate(
        binding.hostPorts, binding.container.transport, on: hosts, skipping: refused)
      var held: [PublishedPort] = []
      do {
        for host in hosts {
          var published = PublishedPort(binding.container, hostAddress: host, hostPort: port, target: target(host))
          published.passesInput = passesInput
          try holder.hold(published)
          held.append(published)
        }
        return held
      } catch {
        for port in held { holder.release(port) }
        for host in hosts { allocator.release(port, binding.container.transport, on: host) }
        // Another process has it. In a range the next one may be free; docker tries ten times as well.
        refused.insert(port)
        if binding.hostPorts?.count == 1 || refused.count >= 10 { throw error }
      }
    }
  }

  /// All addresses means both families, as far as the host has IPv6 and somebody can lead its packets on.
  private func hostAddresses(_ address: IPAddress?, hasTarget6: Bool) -> [IPAddress] {
    if let address { return [address.unmapped] }
    return hasIPv6 && (hasTarget6 || proxies) ? [.v4(.any), .v6(.any)] : [.v4(.any)]
  }
}
