import Addressing
import Linux
import Netfilter
import Netlink
import NetworkModel

/// What was found out last of other software's rules.
struct ForwardingState {
  var connection: NftablesConnection?
  /// The state of the rules that it was found out from.
  var generation: UInt32?
  var passages: [ForwardingCheck.Passage] = []
  var warnings: [String] = []
  /// What has been told to whoever runs the engine.
  var told: [String] = []
}

extension NetworkController {
  /// What people should know of other software's rules: where they drop what is forwarded for containers, in docker's
  /// form for warnings. With iptables our rules stand before others' in the same chains, and are not looked at.
  public func forwardingWarnings() -> [String] {
    guard configuration.firewallBackend == .nftables else { return [] }
    do { return try findObstacles().map { "WARNING: \($0)" } } catch {
      Diagnostics.warn("rules of other software: \(error)")
      return []
    }
  }

  /// Tells what is new among these.
  func warnOfForwarding() {
    let warnings = forwardingWarnings()
    for warning in warnings where !forwarding.told.contains(warning) { Diagnostics.warn(warning) }
    forwarding.told = warnings
  }

  private func findObstacles() throws -> [String] {
    let services = try running()
    let connection = try forwarding.connection ?? NftablesConnection()
    forwarding.connection = connection
    let passages = try passages(services)
    let generation = try connection.generation()
    let check = ForwardingCheck(passages: passages)
    // Tables of others may be long: they are read again only when somebody has changed rules.
    if generation != forwarding.generation || passages != forwarding.passages {
      forwarding.warnings = try obstacles(check, connection).map(\.text)
      forwarding.generation = generation
      forwarding.passages = passages
    }
    return try forwarding.warnings + legacyObstacles(check).map(\.text)
  }

  private func obstacles(
    _ check: ForwardingCheck, _ connection: NftablesConnection
  ) throws -> [ForwardingCheck.Obstacle] {
    let own = NftablesFirewall.tableName(configuration.instance)
    var found: [ForwardingCheck.Obstacle] = []
    for name in try connection.tables(at: .forward).subtracting([own]).sorted(by: { "\($0)" < "\($1)" }) {
      if let table = try connection.snapshot(name, anonymous: true).table { found += check.obstacles(in: table) }
    }
    return found
  }

  /// What is forwarded for our networks.
  private func passages(_ services: Services) throws -> [ForwardingCheck.Passage] {
    var passages: [ForwardingCheck.Passage] = []
    for family in [IPFamily.v4, .v6] {
      guard let index = try services.host.socket.route(to: ForwardingCheck.elsewhere(family))?.linkIndex,
        let uplink = try services.host.socket.link(.index(index))?.name
      else { continue }
      for network in networks() where !network.isInternal {
        guard let bridge = network.bridge?.bridgeName, let subnet = network.subnet(family)?.subnet,
          let first = subnet.host(subnet.lastOffset)
        else { continue }
        let members = endpoints(on: network.id)
        let published = members.first { member in member.ports.contains { $0.target?.family == family } }
        let member = published ?? members.first
        let port = published?.ports.first { $0.target?.family == family }?.container
        passages.append(
          ForwardingCheck.Passage(
            bridge: bridge, container: member?.addresses.first { $0.family == family } ?? first, uplink: uplink,
            port: port))
      }
    }
    return passages
  }

  /// The kernel does not tell when rules of the older tables change, nor what they are: a program does, where there are
  /// any.
  private func legacyObstacles(_ check: ForwardingCheck) throws -> [ForwardingCheck.Obstacle] {
    var found: [ForwardingCheck.Obstacle] = []
    for (family, file) in [(IPFamily.v4, "ip_tables_names"), (.v6, "ip6_tables_names")] {
      let path = "/proc/thread-self/net/\(file)"
      guard FileSystem.exists(path), try FileSystem.readText(path).split(separator: "\n").contains("filter") else {
        continue
      }
      do {
        let programs = try IptablesPrograms(searchPath: configuration.searchPath, kind: .legacy)
        if let obstacle = check.obstacle(in: try programs.snapshot(family), family) { found.append(obstacle) }
      } catch {
        // Without the programs nobody has made rules there.
        if error.code != .missing { throw error }
      }
    }
    return found
  }
}
