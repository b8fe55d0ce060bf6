import Addressing

extension Iptables {
  /// A condition of a rule (iptables(8), iptables-extensions(8)).
  public enum Match: Sendable, Hashable {
    case source(IPCIDR)
    case destination(IPCIDR)
    case input(String, isNegated: Bool = false)
    case output(String, isNegated: Bool = false)
    /// The protocol and its destination port.
    case port(TransportPort)
    /// ICMP, or ICMPv6.
    case icmp(IPFamily)
    /// Any of these (conntrack, `--ctstate`).
    case connection([ConnectionState])
    /// The destination is an address of this host (addrtype).
    case destinationIsLocal
  }

  /// What connection tracking knows, in the order in which the programs print it.
  public enum ConnectionState: String, Sendable, Hashable {
    case related = "RELATED"
    case established = "ESTABLISHED"
    /// The destination was translated.
    case translated = "DNAT"
  }

  /// What happens to a packet that meets all conditions.
  public enum Target: Sendable, Hashable {
    case accept, drop, `return`, masquerade
    case jump(String)
    case goto(String)
    case translateDestination(IPAddress, Port)
    case translateSource(IPAddress)
  }

  /// One rule. Its comment tells whose or what it is; it is how the rule is found again.
  public struct Rule: Sendable, Hashable {
    /// In the order in which the programs print them: addresses, links, protocol, the rest.
    public var matches: [Match]
    public var comment: String
    /// Nil lets every packet go on to the next rule.
    public var target: Target?

    public init(_ comment: String, _ matches: [Match], _ target: Target?) {
      self.comment = comment
      self.matches = matches
      self.target = target
    }
  }
}
