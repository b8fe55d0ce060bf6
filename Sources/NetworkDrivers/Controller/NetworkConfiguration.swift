import Addressing
import Linux
import NetworkModel

/// How the networks of one engine are set up. The names are dockerd's where it has them.
public struct NetworkConfiguration: Sendable {
  /// Names the firewall table and marks every link.
  public var instance: String
  /// Where namespaces are pinned and endpoints noted: gone with the next boot, as the kernel's own state is.
  public var runDirectory: String
  /// The link of the default network (`--bridge`).
  public var bridgeName: String
  /// Whether there is a default network at all.
  public var hasDefaultNetwork = true
  /// The bridge's address with its subnet (`--bip`); nil takes a free subnet of the pools.
  public var bridgeAddress: IPv4CIDR?
  /// The bridge's IPv6 address with its subnet (`--bip6`).
  public var bridgeAddress6: IPv6CIDR?
  /// Where on the default network addresses are given out (`--fixed-cidr`).
  public var fixedCIDR: IPv4CIDR?
  /// The IPv6 subnet of the default network, or a part of that of `bridgeAddress6` (`--fixed-cidr-v6`).
  public var fixedCIDR6: IPv6CIDR?
  /// Whether the default network has IPv6 (`--ipv6`).
  public var ipv6 = false
  /// Bytes (`--mtu`).
  public var mtu = 1500
  /// Where subnets are cut from (`--default-address-pool`).
  public var pools = AddressPool.defaults
  /// Whether containers on the default network reach each other (`--icc`).
  public var interContainer = true
  /// Whether what leaves the default network gets an address of the host (`--ip-masq`).
  public var masquerade = true
  /// Whether forwarding is switched on (`--ip-forward`).
  public var forwarding = true
  /// Whether user space leads on what the kernel cannot: `[::1]`, and IPv6 to a container without it
  /// (`--userland-proxy`).
  public var userlandProxy = true
  /// Whether published ports obey the host's own input rules, which translation passes by (moby#22054): user space
  /// leads on everything then, and containers do not see their clients' addresses (`--publish-through-input`).
  public var publishesThroughInput = false
  /// Whether processes of the host reach published ports on loopback addresses without translation, where the kernel can
  /// do that (`--loopback-shortcut`).
  public var loopbackShortcut = true
  /// The directory of the control group whose processes do so; nil is the root of the v2 tree, and so all of them.
  public var shortcutGroup: String?
  /// Is told what the person who runs the engine may want to know and need not do anything about.
  public var inform: @Sendable (String) -> Void = { _ in }
  /// The program that is started as `PROGRAM port-proxy …` to do so; nil keeps ports in this process.
  public var proxyProgram: String?
  /// What the rules are made with (`--firewall-backend`).
  public var firewallBackend = FirewallBackend.nftables
  /// Where programs of the host are looked for: directories with colons between; nil takes PATH.
  public var searchPath: String?
  /// Where ports are published when the binding names no address (`--ip`); nil means all addresses.
  public var defaultBindAddress: IPAddress?
  /// Which ports are chosen when none is asked for; nil takes the host's ephemeral range.
  public var ephemeralPorts: PortRange?
  /// Where plugins leave their sockets or say where they are (`--plugin-dir`).
  public var pluginDirectories = ["/run/docker/plugins", "/etc/docker/plugins", "/usr/lib/docker/plugins"]
  /// How long a plugin that is not there is looked for again, for one operation.
  public var pluginConnectTime = Duration.seconds(30)
  /// How long one answer of a plugin is waited for.
  public var pluginRequestTime = Duration.seconds(30)
  /// The network namespace that plays the host; nil is the one this process started in.
  public var hostNamespace: FileDescriptor?
  /// The cluster of engines that this one belongs to; nil for an engine by itself.
  public var cluster: ClusterConfiguration?

  public init(instance: String = "apus", runDirectory: String = "/run/apus", bridgeName: String = "apus0") {
    self.instance = instance
    self.runDirectory = runDirectory
    self.bridgeName = bridgeName
  }
}
