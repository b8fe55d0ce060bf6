import Addressing
import Netfilter
import NetworkModel

/// The chains of one instance: what `FirewallTable` is for nftables, in the words of iptables. The file cannot have that
/// one's name: a module's files need names of their own.
///
/// In tables that are everybody's, a rule must not decide about packets that are nobody's of ours; where the table of our
/// own may accept whatever is left, each rule here names a bridge. A chain that needs an order holds a fixed number of
/// rules; those of networks and ports stand in chains where the order does not matter.
///
///     raw     PREROUTING → RAW            what comes from outside to 127/8, or from a container as 127/8, is dropped;
///                                         → TUNNELS (where overlay networks are: what a container sends to a tunnel's port)
///     filter  FORWARD → DOCKER-USER       the rules of the host's owner, before ours and for all that is forwarded
///             FORWARD → FORWARD           → KNOWN (known connections pass) → NEIGHBOURS (between containers of one
///                                         bridge as the network wants it, or → APART: only published ports pass)
///                                         → CONFINED (nothing into or out of an internal network) → INTO (into a
///                                         bridge → INCOMING) → OUT (out of a bridge everything)
///             INCOMING                    published ports pass, → ROUTED (what networks without translation have
///                                         opened) → OTHERS (from another network: drop) → OPEN (what has no
///                                         protection), the rest is dropped
///     nat     PREROUTING, OUTPUT → PUBLISH  what is for this host: → ONEADDRESS, → ANYADDRESS
///             POSTROUTING → SOURCE        an address of the host: → INSIDE (what was translated back into the same bridge),
///                                         → LOOPBACK (what the host sends from 127/8), → LEAVING (what leaves a bridge)
///
/// The names in full have the instance before them: `APUS-FORWARD`, for the instance `x` `APUS-X-FORWARD`.
///
/// One thing differs: POSTROUTING does not know by which link a packet came. What leaves a bridge is recognised by the
/// subnet of its source, as docker does it, and not by its bridge.
struct FirewallChains: Sendable {
  /// Where the host's owner puts rules of their own, for docker and for us.
  static let ownersChain = "DOCKER-USER"

  private let prefix: String
  /// The comment of our rules in built-in chains.
  private let mark: String
  private let guardsTunnels: Bool

  /// - Parameter instance: at most 10 lower-case letters, digits and dashes (EngineSettings sees to it): with the longest
  ///   of our words a name has the 28 bytes that the kernel has room for. No word has a dash, so two instances never have
  ///   the same chain.
  /// - Parameter guardsTunnels: this host's tunnels to others carry overlay networks.
  init(instance: String, guardsTunnels: Bool = false) {
    self.guardsTunnels = guardsTunnels
    prefix = instance == "apus" ? "APUS-" : "APUS-\(instance.uppercased())-"
    mark = "instance \(instance)"
  }

  /// The comments by which rules in built-in chains are ours.
  var marks: Set<String> { [mark] }

  private func name(_ word: Word) -> String { prefix + word.rawValue }

  private enum Word: String {
    case raw = "RAW"
    case tunnels = "TUNNELS"
    case forward = "FORWARD"
    case known = "KNOWN"
    case neighbours = "NEIGHBOURS"
    case confined = "CONFINED"
    case into = "INTO"
    case out = "OUT"
    case apart = "APART"
    case incoming = "INCOMING"
    case routed = "ROUTED"
    case others = "OTHERS"
    case open = "OPEN"
    case publish = "PUBLISH"
    case oneAddress = "ONEADDRESS"
    case anyAddress = "ANYADDRESS"
    case source = "SOURCE"
    case inside = "INSIDE"
    case loopback = "LOOPBACK"
    case leaving = "LEAVING"

    var table: Iptables.TableName {
      switch self {
      case .raw, .tunnels: .raw
      case .forward, .known, .neighbours, .confined, .into, .out, .apart, .incoming, .routed, .others, .open: .filter
      case .publish, .oneAddress, .anyAddress, .source, .inside, .loopback, .leaving: .nat
      }
    }
  }

  /// Whether a chain is ours.
  func isOwn(table: String, chain: String) -> Bool {
    empty(.v4).contains { $0.name.rawValue == table && $0.chain(chain) != nil }
  }

  /// Whether a change of a chain can be one of our rules, or of the way to them; of a whole table where there is no chain.
  func isOurConcern(table: String, chain: String?) -> Bool {
    guard let table = empty(.v4).first(where: { $0.name.rawValue == table }) else { return false }
    guard let chain else { return true }
    return table.chain(chain) != nil || table.entrances.contains { $0.chain == chain }
      || table.sharedChains.contains(chain)
  }

  // MARK: what is fixed

  private static let tunnelPort = TransportPort(Port(OverlaySettings.port), .udp)
  private static let loopback = IPCIDR("127.0.0.0/8")
  private static let loopback6 = IPCIDR("::1/128")
  private static let linkLocal6 = IPCIDR("fe80::/10")

  /// The tables without the rules of networks and ports.
  func empty(_ family: IPFamily) -> [Iptables.Table] {
    (family == .v4 || guardsTunnels ? [rawTable(family)] : []) + [filterTable, natTable(family)]
  }

  /// Chains of ours that an engine with other settings may have left.
  func obsolete(_ family: IPFamily) -> [Iptables.Table] {
    guard !guardsTunnels else { return [] }
    // Of IPv6 the tunnels' guard is all that stands in this table.
    let chains = unordered(.tunnels) + (family == .v4 ? [] : unordered(.raw))
    let entrances =
      family == .v4 ? [] : [Iptables.Entrance("PREROUTING", .first, rules: [lead(mark, .raw)])]
    return [Iptables.Table(.raw, chains: chains, entrances: entrances)]
  }

  private func ordered(_ word: Word, _ rules: [Iptables.Rule]) -> Iptables.Chain {
    Iptables.Chain(name(word), isOrdered: true, rules: rules)
  }

  private func unordered(_ words: Word...) -> [Iptables.Chain] {
    words.map { Iptables.Chain(name($0), isOrdered: false) }
  }

  private func lead(_ comment: String, _ word: Word, _ matches: [Iptables.Match] = []) -> Iptables.Rule {
    Iptables.Rule(comment, matches, .jump(name(word)))
  }

  private func rawTable(_ family: IPFamily) -> Iptables.Table {
    // route_localnet on a bridge must open 127/8 neither to containers nor, with a published port, to the neighbours of
    // the host (CVE-2020-8558).
    var rules: [Iptables.Rule] = []
    if family == .v4, let loopback = Self.loopback {
      rules += [
        Iptables.Rule(
          "nobody outside reaches 127/8", [.destination(loopback), .input("lo", isNegated: true)], .drop),
        Iptables.Rule("nobody outside is 127/8", [.source(loopback), .input("lo", isNegated: true)], .drop),
      ]
    }
    if guardsTunnels { rules.append(lead("no container is a tunnel's end", .tunnels)) }
    return Iptables.Table(
      .raw, chains: [ordered(.raw, rules)] + (guardsTunnels ? unordered(.tunnels) : []),
      entrances: [Iptables.Entrance("PREROUTING", .first, rules: [lead(mark, .raw)])])
  }

  private var filterTable: Iptables.Table {
    Iptables.Table(
      .filter,
      chains: [
        ordered(
          .forward,
          [
            lead("known connection", .known, [.connection([.related, .established])]),
            lead("between containers", .neighbours), lead("internal networks", .confined),
            lead("into a bridge", .into), lead("out of a bridge", .out),
          ]),
        ordered(
          .apart,
          [
            Iptables.Rule("published", [.connection([.translated])], .accept),
            Iptables.Rule("kept apart", [], .drop),
          ]),
        ordered(
          .incoming,
          [
            Iptables.Rule("published", [.connection([.translated])], .accept),
            // What a network without translation opens, it opens to the other networks too, as docker has it. Beyond
            // that networks are isolated from each other, whatever they leave unprotected.
            lead("opened to all", .routed), lead("from another network", .others), lead("opened", .open),
            Iptables.Rule("not published", [], .drop),
          ]),
      ] + unordered(.known, .neighbours, .confined, .into, .out, .routed, .others, .open),
      // As docker has it: its owner's chain first, both before what others have in FORWARD.
      entrances: [
        Iptables.Entrance(
          "FORWARD", .first, rules: [Iptables.Rule(mark, [], .jump(Self.ownersChain)), lead(mark, .forward)])
      ],
      sharedChains: [Self.ownersChain])
  }

  private func natTable(_ family: IPFamily) -> Iptables.Table {
    var publish: [Iptables.Rule] = []
    // ::1 cannot leave the host and link-local addresses cannot leave their link.
    if family == .v6, let loopback = Self.loopback6, let linkLocal = Self.linkLocal6 {
      publish = [
        Iptables.Rule("IPv6 loopback stays", [.destination(loopback)], .return),
        Iptables.Rule("IPv6 link-local stays", [.source(linkLocal)], .return),
      ]
    }
    publish += [lead("port of one address", .oneAddress), lead("port of all addresses", .anyAddress)]
    var source = [lead("back into the same bridge", .inside, [.connection([.translated])])]
    if family == .v4, let loopback = Self.loopback {
      source.append(lead("from loopback", .loopback, [.source(loopback)]))
    }
    source.append(lead("leaves", .leaving))
    return Iptables.Table(
      .nat,
      chains: [ordered(.publish, publish), ordered(.source, source)]
        + unordered(.oneAddress, .anyAddress, .inside) + (family == .v4 ? unordered(.loopback) : [])
        + unordered(.leaving),
      entrances: [
        Iptables.Entrance("PREROUTING", .last, rules: [lead(mark, .publish, [.destinationIsLocal])]),
        Iptables.Entrance("OUTPUT", .last, rules: [lead(mark, .publish, [.destinationIsLocal])]),
        Iptables.Entrance("POSTROUTING", .first, rules: [lead(mark, .source)]),
      ])
  }

  // MARK: what networks and ports add

  /// A rule and where it stands.
  struct Placed: Sendable, Hashable {
    var table: Iptables.TableName
    var chain: String
    var rule: Iptables.Rule
  }

  /// The tables with all fragments.
  func tables(_ fragments: [FirewallFragment], _ family: IPFamily) -> [Iptables.Table] {
    var tables = empty(family)
    for placed in fragments.flatMap({ rules(of: $0, family) }) {
      guard let table = tables.firstIndex(where: { $0.name == placed.table }),
        let chain = tables[table].chains.firstIndex(where: { $0.name == placed.chain })
      else { continue }
      tables[table].chains[chain].rules.append(placed.rule)
    }
    return tables
  }

  /// The rules of one object; each carries the object's key as its comment.
  func rules(of fragment: FirewallFragment, _ family: IPFamily) -> [Placed] {
    fragment.entries.flatMap { entry in
      rules(of: entry, in: fragment, family).map { word, matches, target in
        Placed(table: word.table, chain: name(word), rule: Iptables.Rule(fragment.key, matches, target))
      }
    }
  }

  private func rules(
    of entry: FirewallEntry, in fragment: FirewallFragment, _ family: IPFamily
  ) -> [(Word, [Iptables.Match], Iptables.Target)] {
    switch entry {
    case .bridge(let bridge, let subnets, let interContainer):
      var rules: [(Word, [Iptables.Match], Iptables.Target)] = [
        (.known, [.input(bridge)], .accept), (.known, [.output(bridge)], .accept),
        (
          .neighbours, [.input(bridge), .output(bridge)],
          interContainer ? .accept : .goto(name(.apart))
        ),
        (.into, [.output(bridge)], .goto(name(.incoming))), (.out, [.input(bridge)], .accept),
        (.others, [.input(bridge)], .drop),
      ]
      for subnet in subnets where subnet.family == family {
        rules.append((.inside, [.source(subnet), .output(bridge)], .masquerade))
      }
      if family == .v4 { rules.append((.loopback, [.output(bridge)], .masquerade)) }
      // A container must not speak as a host: its packets would come out of the tunnel on any overlay network it likes.
      if guardsTunnels { rules.append((.tunnels, [.input(bridge), .port(Self.tunnelPort)], .drop)) }
      return rules
    case .confine(let bridge):
      return [(.confined, [.output(bridge)], .drop), (.confined, [.input(bridge)], .drop)]
    case .unprotected(let bridge, family): return [(.open, [.output(bridge)], .accept)]
    case .echo(let bridge, family): return [(.routed, [.output(bridge), .icmp(family)], .accept)]
    case .open(let bridge, let address, let port) where address.family == family:
      return [(.routed, [.destination(IPCIDR(host: address)), .output(bridge), .port(port)], .accept)]
    case .openFrom(let link, let bridge, let address, let port) where address.family == family:
      return [
        (.open, [.destination(IPCIDR(host: address)), .input(link), .output(bridge), .port(port)], .accept)
      ]
    case .masquerade(let bridge, family):
      return Self.subnets(of: bridge, in: fragment, family).map {
        (.leaving, [.source($0), .output(bridge, isNegated: true)], .masquerade)
      }
    case .leaveAs(let address, let bridge) where address.family == family:
      return Self.subnets(of: bridge, in: fragment, family).map {
        (.leaving, [.source($0), .output(bridge, isNegated: true)], .translateSource(address))
      }
    case .publish(let key, let target) where key.address.family == family:
      let translation = Iptables.Target.translateDestination(target.address, target.port)
      if key.address.isUnspecified { return [(.anyAddress, [.port(key.port)], translation)] }
      return [(.oneAddress, [.destination(IPCIDR(host: key.address)), .port(key.port)], translation)]
    case .unprotected, .echo, .open, .openFrom, .masquerade, .leaveAs, .publish: return []
    }
  }

  /// The subnets of a bridge, which stand in the same fragment as what is wanted of it.
  private static func subnets(of bridge: String, in fragment: FirewallFragment, _ family: IPFamily) -> [IPCIDR] {
    fragment.entries.flatMap { entry in
      guard case .bridge(bridge, let subnets, _) = entry else { return [IPCIDR]() }
      return subnets.filter { $0.family == family }
    }
  }
}
