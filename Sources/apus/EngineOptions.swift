import ArgumentParser
import ContainerEngine
import Linux

/// The flags of `apus engine`. They only collect text: what it means, and whether it may stand beside the configuration
/// file, is EngineSettings' business. The names are dockerd's, beside Apus's own.
struct EngineOptions: ParsableArguments {
  @Option(
    name: [.customLong("config"), .customLong("config-file")],
    help: "A configuration file in dockerd's daemon.json format.")
  var config: String?
  @Option(name: .customLong("data-dir"), help: "Where images, containers and volumes live (default /var/lib/apus).")
  var dataDirectory: String?
  @Option(name: .customLong("run-dir"), help: "Where sockets and pins of namespaces live (default /run/apus).")
  var runDirectory: String?
  @Option(help: "Names everything that this engine makes in the kernel (default apus).") var instance: String?
  @Option(help: "Path of a unix socket for Docker's API (default <run-dir>/docker.sock; repeatable).")
  var dockerSocket: [String] = []
  @Option(
    name: [.customShort("H"), .customLong("host")], help: "unix:///PATH, tcp://HOST:PORT or fd:// (repeatable).")
  var host: [String] = []
  @Option(name: [.customShort("G"), .long], help: "Group that owns the unix sockets (default docker).") var group:
    String?
  @Option(name: [.customShort("p"), .long], help: "File for the number of this process.") var pidfile: String?
  @Option(name: [.customShort("l"), .long], help: "debug, info, warn or error (default info).") var logLevel: String?
  @Option(help: "The same as --log-level debug.") var debug: String?

  @Option(name: [.customShort("b"), .long], help: "Name of the default network's link.") var bridge: String?
  @Option(help: "Address and prefix of the default network's link.") var bip: String?
  @Option(help: "IPv6 address and prefix of the default network's link.") var bip6: String?
  @Option(help: "Part of the default network whose addresses are given out.") var fixedCidr: String?
  @Option(name: .customLong("fixed-cidr-v6"), help: "IPv6 subnet of the default network.") var fixedCidr6: String?
  @Option(help: "Whether the default network has IPv6 (default false).") var ipv6: String?
  @Option(help: "MTU of the default network, in bytes.") var mtu: String?
  @Option(help: "base=CIDR,size=LENGTH: where subnets are cut from (repeatable).") var defaultAddressPool: [String] = []
  @Option(help: "Whether containers of the default network reach each other (default true).") var icc: String?
  @Option(help: "Address that ports are published on by default.") var ip: String?
  @Option(help: "Whether what leaves the default network takes an address of the host (default true).")
  var ipMasq: String?
  @Option(help: "Whether to switch forwarding on (default true).") var ipForward: String?
  @Option(help: "Only true is served.") var iptables: String?
  @Option(help: "Only true is served.") var ip6tables: String?
  @Option(help: "What rules are made with: nftables or iptables (default nftables).") var firewallBackend: String?
  @Option(help: "Whether user space leads on what the kernel cannot (default true).") var userlandProxy: String?
  @Option(
    help:
      "Whether published ports obey the host's own input rules; containers then do not see their clients' addresses.")
  var publishThroughInput: String?
  @Option(
    help:
      "Whether processes of the host reach TCP ports published on 127.0.0.1 past the firewall's translation, where the kernel can do that (default true)."
  )
  var loopbackShortcut: String?
  @Option(help: "Resolver for containers (repeatable).") var dns: [String] = []
  @Option(help: "Resolver option for containers (repeatable).") var dnsOpt: [String] = []
  @Option(help: "Search domain for containers (repeatable).") var dnsSearch: [String] = []
  @Option(help: "Address behind the name host-gateway (repeatable, one of each family).") var hostGatewayIp: [String] =
    []
  @Option(help: "DRIVER=NAME=VALUE: an option of new networks (repeatable).") var defaultNetworkOpt: [String] = []
  @Option(
    help: "Where network plugins leave their sockets, *.spec and *.json (repeatable; default docker's directories).")
  var pluginDir: [String] = []
  @Option(help: "Seconds that a network plugin is waited for (default 30).") var pluginTimeout: String?
  @Option(help: "etcd://HOST:PORT[,HOST:PORT][/PREFIX]: the store of the cluster whose networks span hosts.")
  var clusterStore: String?
  @Option(help: "ADDRESS:PORT or LINK:PORT: where the other hosts of the cluster reach this one.")
  var clusterAdvertise: String?

  @Option(help: "URL of a mirror of docker.io (repeatable).") var registryMirror: [String] = []
  @Option(help: "Registry that may be used without TLS (repeatable).") var insecureRegistry: [String] = []
  @Option(
    help: "Certificates for registries: HOST[:PORT]/*.crt, *.cert with *.key below it (default /etc/docker/certs.d).")
  var registryCertsDir: String?
  @Option(help: "Layers that a pull fetches at a time (default 3).") var maxConcurrentDownloads: String?
  @Option(help: "Layers that a push sends at a time (default 5).") var maxConcurrentUploads: String?
  @Option(help: "Attempts for one layer (default 5).") var maxDownloadAttempts: String?
  @Option(name: [.customShort("s"), .long], help: "Only overlay2 is served.") var storageDriver: String?

  @Option(help: "OCI runtime of containers that name none: crun, runc or one that was added.") var defaultRuntime:
    String?
  @Option(help: "NAME=PATH of a further OCI runtime (repeatable).") var addRuntime: [String] = []
  @Option(help: "json-file, local or none (default json-file).") var logDriver: String?
  @Option(help: "NAME=VALUE for the log driver (repeatable).") var logOpt: [String] = []
  @Option(help: "KEY=VALUE, shown by docker info (repeatable).") var label: [String] = []
  @Option(help: "Size of /dev/shm (default 64m).") var defaultShmSize: String?
  @Option(help: "NAME=SOFT[:HARD] for containers (repeatable).") var defaultUlimit: [String] = []
  @Option(name: .customLong("init"), help: "Whether containers get an init process (default false).") var useInit:
    String?
  @Option(help: "Parent of the containers' cgroups.") var cgroupParent: String?
  @Option(help: "Only native.cgroupdriver=cgroupfs is served.") var execOpt: [String] = []
  @Option(help: "Whether containers cannot gain privileges (default false).") var noNewPrivileges: String?
  @Option(help: "Only true is served: containers outlive the engine.") var liveRestore: String?
  @Option(help: "Seconds that a container has to stop (default 10).") var defaultStopTimeout: String?

  /// Flags and file together.
  func settings() throws -> EngineSettings {
    guard let config else { return try EngineSettings(flags: values) }
    do {
      return try EngineSettings(flags: values, file: try FileSystem.read(config, limit: 16 << 20))
    } catch {
      throw ValidationError("unable to configure the engine with file \(config): \(error)")
    }
  }

  private var values: [String: [String]] {
    let single: [String: String?] = [
      "data-dir": dataDirectory, "run-dir": runDirectory, "instance": instance, "group": group, "pidfile": pidfile,
      "log-level": logLevel, "debug": debug, "bridge": bridge, "bip": bip, "bip6": bip6, "fixed-cidr": fixedCidr,
      "fixed-cidr-v6": fixedCidr6, "ipv6": ipv6, "mtu": mtu, "icc": icc, "ip": ip, "ip-masq": ipMasq,
      "ip-forward": ipForward, "iptables": iptables, "ip6tables": ip6tables,
      "firewall-backend": firewallBackend, "userland-proxy": userlandProxy,
      "publish-through-input": publishThroughInput, "loopback-shortcut": loopbackShortcut,
      "cluster-store": clusterStore,
      "cluster-advertise": clusterAdvertise,
      "plugin-timeout": pluginTimeout,
      "max-concurrent-downloads": maxConcurrentDownloads,
      "max-concurrent-uploads": maxConcurrentUploads, "max-download-attempts": maxDownloadAttempts,
      "storage-driver": storageDriver, "registry-certs-dir": registryCertsDir, "default-runtime": defaultRuntime,
      "log-driver": logDriver, "default-shm-size": defaultShmSize, "init": useInit, "cgroup-parent": cgroupParent,
      "no-new-privileges": noNewPrivileges, "live-restore": liveRestore, "default-stop-timeout": defaultStopTimeout,
    ]
    let lists: [String: [String]] = [
      "docker-socket": dockerSocket, "host": host, "default-address-pool": defaultAddressPool, "dns": dns,
      "plugin-dir": pluginDir, "host-gateway-ip": hostGatewayIp, "default-network-opt": defaultNetworkOpt,
      "dns-opt": dnsOpt, "dns-search": dnsSearch, "registry-mirror": registryMirror,
      "insecure-registry": insecureRegistry, "add-runtime": addRuntime, "log-opt": logOpt, "label": label,
      "default-ulimit": defaultUlimit, "exec-opt": execOpt,
    ]
    return lists.merging(single.compactMapValues { $0.map { [$0] } }) { list, _ in list }
  }
}
