import Addressing
import NetworkModel

extension EngineSettings {
  mutating func readPlaces(_ reader: SettingsReader) throws(SettingsError) {
    dataDirectory = try path(reader, "data-root") ?? dataDirectory
    runDirectory = try path(reader, "exec-root") ?? runDirectory
    pidFile = try path(reader, "pidfile")
    group = try reader.string("group") ?? group
    if let name = try reader.string("instance") {
      // It becomes part of the names of links, tables and cgroups: a link has 15 bytes.
      guard (1...10).contains(name.utf8.count), name.utf8.first.map({ $0 >= 0x61 && $0 <= 0x7A }) == true,
        name.utf8.allSatisfy({ ($0 >= 0x61 && $0 <= 0x7A) || ($0 >= 0x30 && $0 <= 0x39) || $0 == 0x2D })
      else {
        throw SettingsError(
          .invalid,
          "invalid value \"\(name)\" for instance: it must be 1 to 10 lower-case letters, digits and dashes, a letter first"
        )
      }
      instance = name
    }
    var hosts: [EngineHost] = []
    for path in try reader.list("docker-socket") {
      guard path.hasPrefix("/") else {
        throw SettingsError(.invalid, "invalid value \"\(path)\" for docker-socket: it must be an absolute path")
      }
      hosts.append(.unix(path: path))
    }
    for host in try reader.list("hosts") { hosts.append(try EngineHost(host)) }
    self.hosts = hosts.isEmpty ? [.unix(path: runDirectory + "/docker.sock")] : hosts
    switch try reader.string("log-level") {
    case nil, "": break
    case "debug", "trace": logLevel = .debug
    case "info": logLevel = .info
    case "warn", "warning": logLevel = .warn
    case "error", "fatal", "panic": logLevel = .error
    case let level?: throw SettingsError(.invalid, "invalid logging level: \(level)")
    }
    if try reader.boolean("debug") == true { logLevel = .debug }
  }

  mutating func readNetwork(_ reader: SettingsReader) throws(SettingsError) {
    if let name = try reader.string("bridge"), !name.isEmpty {
      guard name.utf8.count <= 15, !name.contains("/"), !name.contains(" "), name != ".", name != ".." else {
        throw SettingsError(
          .invalid, "invalid value \"\(name)\" for bridge: a link's name has 1 to 15 bytes, no slash, no space")
      }
      if name == "none" { hasDefaultNetwork = false } else { bridge = name }
    }
    bridgeAddress = try cidr(reader, "bip", .v4)
    bridgeAddress6 = try cidr(reader, "bip6", .v6)
    fixedCIDR = try cidr(reader, "fixed-cidr", .v4)
    fixedCIDR6 = try cidr(reader, "fixed-cidr-v6", .v6)
    if !hasDefaultNetwork, let name = ["bip", "bip6", "fixed-cidr", "fixed-cidr-v6"].first(where: reader.has) {
      throw SettingsError(.conflict, "\(name) is about the default network, which bridge \"none\" does without")
    }
    ipv6 = try reader.boolean("ipv6") ?? ipv6
    mtu = try reader.integer("mtu", in: 0...65_535) ?? mtu
    interContainer = try reader.boolean("icc") ?? interContainer
    masquerade = try reader.boolean("ip-masq") ?? masquerade
    forwarding = try reader.boolean("ip-forward") ?? forwarding
    if let name = try reader.string("firewall-backend"), !name.isEmpty {
      guard let backend = FirewallBackend(rawValue: name) else {
        throw SettingsError(
          .invalid, "invalid value \"\(name)\" for firewall-backend: it must be nftables or iptables")
      }
      firewallBackend = backend
    }
    userlandProxy = try reader.boolean("userland-proxy") ?? userlandProxy
    publishesThroughInput = try reader.boolean("publish-through-input") ?? publishesThroughInput
    loopbackShortcut = try reader.boolean("loopback-shortcut") ?? loopbackShortcut
    if publishesThroughInput && !userlandProxy {
      throw SettingsError(.invalid, "publish-through-input needs userland-proxy: set it to true, or leave it out")
    }
    if let text = try reader.string("ip"), !text.isEmpty {
      guard let address = IPAddress(text) else { throw reader.wrong("ip", .string(text), "an IP address") }
      bindAddress = address
    }
    nameServers = try reader.list("dns")
    for server in nameServers where IPAddress(server) == nil {
      throw reader.wrong("dns", .string(server), "an IP address")
    }
    resolverOptions = try reader.list("dns-opts")
    searchDomains = try reader.list("dns-search")
    hostGateways = try hostGateways(reader)
    networkOptions = try reader.maps("default-network-opts")
    pluginDirectories = try reader.list("plugin-dirs").map { (text) throws(SettingsError) in
      guard text.hasPrefix("/"), !text.utf8.contains(0) else {
        throw reader.wrong("plugin-dirs", .string(text), "an absolute path")
      }
      return text
    }
    pluginTimeout = try reader.integer("plugin-timeout", in: 1...3600) ?? pluginTimeout
    cluster = try ClusterSettings.read(reader)
    for pool in try reader.objects("default-address-pools") {
      guard Set(pool.fields.keys) == ["base", "size"], case .string(let text)? = pool.fields["base"],
        case .integer(let size)? = pool.fields["size"], let base = IPCIDR(text),
        let pool = AddressPool(base: base, size: Int(clamping: size))
      else {
        throw SettingsError(
          .invalid,
          "invalid value \"\(SettingsValue.object(pool.fields))\" for default-address-pools: it must be a base (a CIDR) and a size (the length of each subnet's prefix, not below the base's)"
        )
      }
      addressPools.append(pool)
    }
    // What works in one way only is not silently ignored when the other is asked for.
    try only(reader, "iptables", true, "published ports and isolation need the firewall")
    try only(reader, "ip6tables", true, "published ports and isolation need the firewall")
  }

  /// The key of old files has one address, that of new ones a list.
  private func hostGateways(_ reader: SettingsReader) throws(SettingsError) -> [String] {
    var gateways = try reader.list("host-gateway-ips")
    if let gateway = try reader.string("host-gateway-ip"), !gateway.isEmpty {
      guard gateways.isEmpty else {
        throw SettingsError(.conflict, "host-gateway-ip and host-gateway-ips say the same: leave out the first")
      }
      gateways = [gateway]
    }
    var families: Set<IPFamily> = []
    for gateway in gateways {
      guard let address = IPAddress(gateway) else {
        throw reader.wrong("host-gateway-ips", .string(gateway), "an IP address")
      }
      guard families.insert(address.family).inserted else {
        throw reader.wrong("host-gateway-ips", .string(gateway), "at most one address of IPv4 and one of IPv6")
      }
    }
    return gateways
  }

  mutating func readImages(_ reader: SettingsReader) throws(SettingsError) {
    registryMirrors = try reader.list("registry-mirrors")
    for mirror in registryMirrors {
      let plain = mirror.hasPrefix("http://") || mirror.hasPrefix("https://")
      guard plain, !mirror.contains("?"), !mirror.contains("#"), !mirror.contains("@") else {
        throw SettingsError(
          .invalid, "invalid mirror: \"\(mirror)\" must be an http or https URL without user, query or fragment")
      }
    }
    insecureRegistries = try reader.list("insecure-registries")
    for registry in insecureRegistries where registry.contains("://") {
      throw SettingsError(.invalid, "insecure registry \(registry) should not contain '://'")
    }
    registryCertificatesDirectory = try path(reader, "registry-certs-dir") ?? registryCertificatesDirectory
    maximumDownloads = try reader.integer("max-concurrent-downloads", in: 1...1000) ?? maximumDownloads
    maximumUploads = try reader.integer("max-concurrent-uploads", in: 1...1000) ?? maximumUploads
    downloadAttempts = try reader.integer("max-download-attempts", in: 1...1000) ?? downloadAttempts
    if let driver = try reader.string("storage-driver"), !["", "overlay2", "overlayfs"].contains(driver) {
      throw SettingsError(.invalid, "invalid value \"\(driver)\" for storage-driver: images live on overlay2 only")
    }
  }

  mutating func readContainers(_ reader: SettingsReader) throws(SettingsError) {
    defaultRuntime = try reader.string("default-runtime")
    for runtime in try reader.objects("runtimes") {
      guard case .string(let path)? = runtime.fields["path"], !path.isEmpty,
        runtime.fields.keys.allSatisfy({ $0 == "path" || $0 == "runtimeArgs" }),
        runtime.fields["runtimeArgs", default: .array([])] == .array([])
      else {
        throw SettingsError(
          .invalid, "invalid value for runtimes.\(runtime.name): it must have a path, and nothing else")
      }
      runtimes[runtime.name] = path
    }
    logDriver = try reader.string("log-driver") ?? logDriver
    guard ["json-file", "local", "none"].contains(logDriver) else {
      throw SettingsError(
        .invalid, "invalid value \"\(logDriver)\" for log-driver: it must be json-file, local or none")
    }
    logOptions = try reader.map("log-opts")
    labels = try reader.list("labels")
    for label in labels where !label.contains("=") {
      throw SettingsError(.invalid, "invalid value \"\(label)\" for labels: it must be KEY=VALUE")
    }
    sharedMemorySize = try reader.size("default-shm-size") ?? sharedMemorySize
    for limit in try reader.objects("default-ulimits") {
      guard case .integer(let soft)? = limit.fields["Soft"], case .integer(let hard)? = limit.fields["Hard"],
        soft >= -1, hard >= -1, hard == -1 || (soft != -1 && soft <= hard)
      else {
        throw SettingsError(
          .invalid,
          "invalid value for default-ulimits.\(limit.name): Soft and Hard must be numbers, and Soft not above Hard")
      }
      limits.append(Limit(name: limit.name, soft: soft, hard: hard))
    }
    useInit = try reader.boolean("init") ?? useInit
    cgroupParent = try reader.string("cgroup-parent")
    noNewPrivileges = try reader.boolean("no-new-privileges") ?? noNewPrivileges
    stopTimeout = try reader.integer("default-stop-timeout", in: 0...86_400) ?? stopTimeout
    try only(reader, "live-restore", true, "containers always outlive the engine")
    for option in try reader.list("exec-opts") where option != "native.cgroupdriver=cgroupfs" {
      throw SettingsError(.invalid, "invalid exec-opt (\(option)): only native.cgroupdriver=cgroupfs is served")
    }
  }

  // MARK: Kinds of values

  private enum Family { case v4, v6 }

  private func path(_ reader: SettingsReader, _ name: String) throws(SettingsError) -> String? {
    guard let path = try reader.string(name) else { return nil }
    guard path.hasPrefix("/"), path.utf8.allSatisfy({ $0 != 0 }) else {
      throw reader.wrong(name, .string(path), "an absolute path")
    }
    return path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
  }

  private func cidr(_ reader: SettingsReader, _ name: String, _ family: Family) throws(SettingsError) -> IPCIDR? {
    guard let text = try reader.string(name), !text.isEmpty else { return nil }
    guard let cidr = IPCIDR(text), (cidr.v4 != nil) == (family == .v4) else {
      throw reader.wrong(name, .string(text), "an \(family == .v4 ? "IPv4" : "IPv6") address with a prefix length")
    }
    return cidr
  }

  private func only(
    _ reader: SettingsReader, _ name: String, _ value: Bool, _ reason: String
  ) throws(SettingsError) {
    guard let given = try reader.boolean(name), given != value else { return }
    throw SettingsError(.invalid, "invalid value \"\(given)\" for \(name): \(reason)")
  }
}
