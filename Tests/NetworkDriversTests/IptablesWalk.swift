import Addressing
import Netfilter
import NetworkModel
import Testing

@testable import NetworkDrivers

/// The rules of iptables as a table of nftables, so that a virtual packet can walk them: what `iptables-translate` does.
enum IptablesWalk {
  static func table(_ plans: [ObjectPlan], instance: String = "apus") -> Table {
    let chains = FirewallChains(instance: instance)
    var all: [Chain] = []
    for family in [IPFamily.v4, .v6] {
      for table in chains.tables(plans.map(\.firewall), family) {
        all += table.chains.map { chain in
          Chain(name(chain.name, family), rules: chain.rules.map { rule($0, family) })
        }
        for entrance in table.entrances {
          let rules = entrance.rules.filter { $0.target != .jump(FirewallChains.ownersChain) }
          all.append(
            Chain(
              "\(table.name.rawValue) \(name(entrance.chain, family))", hook(table.name, entrance.chain),
              rules: rules.map { rule($0, family) }))
        }
      }
    }
    return Table(TableName(.inet, "iptables"), chains: all)
  }

  private static func name(_ chain: String, _ family: IPFamily) -> String { family == .v4 ? chain : chain + "6" }

  private static func hook(_ table: Iptables.TableName, _ chain: String) -> BaseHook {
    let hook: Hook =
      switch chain {
      case "PREROUTING": .prerouting
      case "FORWARD": .forward
      case "OUTPUT": .output
      default: .postrouting
      }
    return switch table {
    case .raw: BaseHook(.filter, hook, .raw)
    case .filter: BaseHook(.filter, hook, .filter)
    case .nat: BaseHook(.nat, hook, hook == .postrouting ? .sourceNAT : .destinationNAT)
    }
  }

  private static func rule(_ rule: Iptables.Rule, _ family: IPFamily) -> Rule {
    var expressions = Match.family(family == .v4 ? .ipv4 : .ipv6)
    for match in rule.matches { expressions += self.match(match) }
    switch rule.target {
    case .accept: expressions.append(.verdict(.accept))
    case .drop: expressions.append(.verdict(.drop))
    case .return: expressions.append(.verdict(.return))
    case .jump(let chain): expressions.append(.verdict(.jump(name(chain, family))))
    case .goto(let chain): expressions.append(.verdict(.goto(name(chain, family))))
    case .masquerade: expressions.append(.masquerade)
    case .translateDestination(let address, let port):
      let (first, second) = (Register(0), Register(4))
      expressions += [
        .load(address.bytes, into: first), .load(Datum.port(port.rawValue).bytes, into: second),
        .translate(Translation(.destination, family == .v4 ? .ipv4 : .ipv6, address: first, port: second)),
      ]
    case .translateSource(let address):
      expressions += [
        .load(address.bytes, into: Register(0)),
        .translate(Translation(.source, family == .v4 ? .ipv4 : .ipv6, address: Register(0))),
      ]
    case nil: break
    }
    return Rule(rule.comment, expressions)
  }

  private static func match(_ match: Iptables.Match) -> [Expression] {
    switch match {
    case .source(let network): address(network, .source4, .source6)
    case .destination(let network): address(network, .destination4, .destination6)
    case .input(let link, let isNegated): Match.interface(.inputName, link, equal: !isNegated)
    case .output(let link, let isNegated): Match.interface(.outputName, link, equal: !isNegated)
    case .port(let port):
      compare(.meta(.transportProtocol, into: Register(0)), [port.transport.number])
        + compare(
          .payload(.transport, offset: 2, length: 2, into: Register(0)), Datum.port(port.port.rawValue).bytes)
    case .icmp(let family): compare(.meta(.transportProtocol, into: Register(0)), [family == .v4 ? 1 : 58])
    case .connection(let states): states.contains(.translated) ? Match.destinationTranslated : Match.established
    case .destinationIsLocal: Match.destinationIsLocal
    }
  }

  private static func compare(_ load: Expression, _ bytes: [UInt8]) -> [Expression] {
    [load, .compare(Register(0), .equal, bytes)]
  }

  private static func address(_ network: IPCIDR, _ field4: Match.Field, _ field6: Match.Field) -> [Expression] {
    Match.network(
      network.family == .v4 ? field4 : field6, network.network.address.bytes, prefixLength: network.prefixLength)
  }
}

/// One host with the rules of each backend: a packet must fare the same with all of them.
struct TwinHost {
  private let nftables: VirtualHost
  private let iptables: VirtualHost

  init(addresses: Set<IPAddress>, routes: [(destination: IPCIDR, link: String)], plans: [ObjectPlan]) {
    nftables = VirtualHost(addresses: addresses, routes: routes, table: Samples.table(plans))
    iptables = VirtualHost(addresses: addresses, routes: routes, table: IptablesWalk.table(plans))
  }

  func receive(
    _ packet: VirtualPacket, on link: String, _ sourceLocation: SourceLocation = #_sourceLocation
  ) -> VirtualHost.Journey {
    same(nftables.receive(packet, on: link), iptables.receive(packet, on: link), sourceLocation)
  }

  func send(_ packet: VirtualPacket, _ sourceLocation: SourceLocation = #_sourceLocation) -> VirtualHost.Journey {
    same(nftables.send(packet), iptables.send(packet), sourceLocation)
  }

  private func same(
    _ first: VirtualHost.Journey, _ second: VirtualHost.Journey, _ sourceLocation: SourceLocation
  ) -> VirtualHost.Journey {
    #expect(first.fate == second.fate, "\(first.steps) and \(second.steps)", sourceLocation: sourceLocation)
    #expect(first.packet == second.packet, "\(first.steps) and \(second.steps)", sourceLocation: sourceLocation)
    if first.fate == .dropped { #expect(first.steps.last?.outcome == second.steps.last?.outcome) }
    return first
  }
}
