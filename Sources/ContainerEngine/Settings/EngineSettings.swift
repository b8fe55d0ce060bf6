import Addressing
import NetworkDrivers
import NetworkModel

/// All that can be said about an engine when it starts: flags and dockerd's daemon.json, checked and typed.
///
/// A value; reading it touches nothing. The executable turns it into the configurations of the engine's parts.
public struct EngineSettings: Sendable, Equatable {
  public struct Limit: Sendable, Equatable {
    public var name: String
    public var soft: Int64
    public var hard: Int64
  }

  public enum LogLevel: String, Sendable, Equatable, CaseIterable { case debug, info, warn, error }

  public var dataDirectory = "/var/lib/apus"
  public var runDirectory = "/run/apus"
  public var instance = "apus"
  /// Where Docker's API is served.
  public var hosts: [EngineHost] = []
  /// The group that owns the unix sockets.
  public var group = "docker"
  public var pidFile: String?
  public var logLevel = LogLevel.info

  /// Name of the default network's link; nil for the instance's own.
  public var bridge: String?
  /// Whether there is a default network; without, containers that name no other are on none.
  public var hasDefaultNetwork = true
  public var bridgeAddress: IPCIDR?
  public var bridgeAddress6: IPCIDR?
  public var fixedCIDR: IPCIDR?
  public var fixedCIDR6: IPCIDR?
  public var ipv6 = false
  /// Bytes; 0 for the driver's choice.
  public var mtu = 0
  /// Empty for the built-in pools.
  public var addressPools: [AddressPool] = []
  public var interContainer = true
  public var bindAddress: IPAddress?
  public var masquerade = true
  public var forwarding = true
  public var firewallBackend = FirewallBackend.nftables
  public var userlandProxy = true
  public var publishesThroughInput = false
  public var loopbackShortcut = true
  public var nameServers: [String] = []
  public var resolverOptions: [String] = []
  public var searchDomains: [String] = []
  public var hostGateways: [String] = []
  /// Options of new networks, by driver.
  public var networkOptions: [String: [String: String]] = [:]
  /// Where network plugins are looked for; empty for docker's directories.
  public var pluginDirectories: [String] = []
  /// How long a plugin is waited for, in seconds.
  public var pluginTimeout = 30
  /// The cluster of engines that this one belongs to.
  public var cluster: ClusterConfiguration?

  public var registryMirrors: [String] = []
  public var insecureRegistries: [String] = []
  /// Where certificates for registries are, a directory for each.
  public var registryCertificatesDirectory = "/etc/docker/certs.d"
  public var maximumDownloads = 3
  public var maximumUploads = 5
  public var downloadAttempts = 5

  public var defaultRuntime: String?
  /// Name → path.
  public var runtimes: [String: String] = [:]
  public var logDriver = "json-file"
  public var logOptions: [String: String] = [:]
  public var labels: [String] = []
  /// Bytes of /dev/shm.
  public var sharedMemorySize: Int64 = 64 << 20
  public var limits: [Limit] = []
  public var useInit = false
  public var cgroupParent: String?
  public var noNewPrivileges = false
  /// Seconds.
  public var stopTimeout = 10

  public init() { hosts = [.unix(path: "/run/apus/docker.sock")] }

  /// The flags whose value may be left out (`--ipv6` for `--ipv6=true`).
  public static let booleanFlags = Set(Directive.all.filter { $0.kind == .boolean }.compactMap(\.flag))

  /// Writes `--ipv6` as `--ipv6=true`, and `-D` as `--debug=true`: dockerd takes both, a parser of command lines only
  /// one of them.
  public static func spellOutBooleans(_ arguments: [String]) -> [String] {
    arguments.map { argument in
      if argument == "-D" { return "--debug=true" }
      return argument.hasPrefix("--") && booleanFlags.contains(String(argument.dropFirst(2)))
        ? argument + "=true" : argument
    }
  }

  /// - Parameters:
  ///   - flags: the values given, by the flag's name without dashes.
  ///   - file: the bytes of a configuration file in dockerd's format.
  /// - Throws: `SettingsError` that names the flag or directive.
  public init(flags: [String: [String]] = [:], file: [UInt8]? = nil) throws(SettingsError) {
    let reader = try SettingsReader(flags: flags, file: file)
    self.init()
    try readPlaces(reader)
    try readNetwork(reader)
    try readImages(reader)
    try readContainers(reader)
  }
}
