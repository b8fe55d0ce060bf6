/// What the rules are made with (`--firewall-backend`).
public enum FirewallBackend: String, Sendable, Hashable, CaseIterable {
  /// One table of our own, over netlink.
  case nftables
  /// Chains of our own in everybody's tables, by iptables-restore(8) and ip6tables-restore(8).
  case iptables
}
