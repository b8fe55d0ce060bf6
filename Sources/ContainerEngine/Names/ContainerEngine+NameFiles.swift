import Addressing
import AsyncWork
import ContainerRuntime
import Linux
import NetworkDrivers
import NetworkModel

extension ContainerEngine {
  /// What a container calls itself: the name that was asked for, that of the stack which it shares (the host's, another
  /// container's), or its short id.
  func hostname(of record: ContainerRecord) -> String {
    if let name = record.definition.hostname, !name.isEmpty { return name }
    if record.definition.namespaces.uts == .host { return SystemFacts.hostName }
    switch record.definition.network {
    case .host: return SystemFacts.hostName
    case .container(let id):
      guard let other = table[id]?.record, other.id != record.id else { return record.shortID }
      return hostname(of: other)
    case .network, .none: return record.shortID
    }
  }

  /// Writes the files that tell a container its own name, its neighbours' and its resolvers; returns where each is
  /// mounted. A container that shares another's stack shares its names too.
  func writeNameFiles(
    _ record: ContainerRecord, _ connected: ConnectedNetwork
  ) async throws -> [(target: String, source: String)] {
    let directory = dataDirectory(of: connected.sharedWith ?? record.id)
    let files = [
      (target: "/etc/resolv.conf", source: directory + "/resolv.conf"),
      (target: "/etc/hostname", source: directory + "/hostname"),
      (target: "/etc/hosts", source: directory + "/hosts"),
    ]
    if connected.sharedWith != nil { return files }
    let usesHostStack = connected.namespace == .host
    let hostname = hostname(of: record)
    let addresses = connected.endpoints.flatMap { [$0.ipv4, $0.ipv6] }.filter { !$0.isEmpty }
    let extra = try extraHosts(record, connected) + linkedHosts(record)
    let definition = record.definition
    try await pool.run {
      try FileSystem.makeDirectories(directory, mode: 0o710)
      var hosts = HostsFile.text(
        hostname: usesHostStack ? "" : hostname, domainName: definition.domainName, addresses: addresses,
        extraHosts: extra, ipv6: !Self.turnsIPv6Off(definition))
      if usesHostStack {
        if let own = try HostsFile.ofHost() {
          hosts = own
          for (name, address) in extra { hosts += "\(address)\t\(name)\n" }
        } else {
          Log.warning("container \(record.shortID): this host has no /etc/hosts: it gets one with localhost alone")
        }
      }
      try FileSystem.write(directory + "/hostname", Array((hostname + "\n").utf8))
      try FileSystem.write(directory + "/hosts", Array(hosts.utf8))
    }
    try await writeResolverFile(record, embedded: names.isServed(record.id), usesHostStack: usesHostStack)
    return files
  }

  /// Writes whom a container asks for names.
  /// - Parameter embedded: it asks at 127.0.0.11, where we answer.
  func writeResolverFile(_ record: ContainerRecord, embedded: Bool, usesHostStack: Bool) async throws {
    let path = dataDirectory(of: record.id) + "/resolv.conf"
    let definition = record.definition
    let configuration = configuration
    try await pool.run {
      let host = ResolverFile.ofHost()
      var resolver = ResolverFile.forContainer(
        nameServers: definition.nameServers.isEmpty ? configuration.nameServers : definition.nameServers,
        search: definition.searchDomains.isEmpty ? configuration.searchDomains : definition.searchDomains,
        options: definition.resolverOptions.isEmpty ? configuration.resolverOptions : definition.resolverOptions,
        host: host)
      if usesHostStack, definition.nameServers.isEmpty, configuration.nameServers.isEmpty {
        resolver.nameServers = host.nameServers
      }
      if embedded { resolver.useEmbedded() }
      try FileSystem.write(path, Array(resolver.text.utf8))
    }
  }

  /// What `host-gateway` stands for: an address of each family that the default network has, unless others were chosen.
  private var hostGateways: [String] {
    if !configuration.hostGateways.isEmpty { return configuration.hostGateways }
    guard let bridge = network.network(Self.defaultNetwork) else { return [] }
    return [IPFamily.v4, .v6].compactMap { bridge.subnet($0).map { "\($0.gateway)" } }
  }

  private func extraHosts(
    _ record: ContainerRecord, _ connected: ConnectedNetwork
  ) throws(EngineError) -> [(name: String, address: String)] {
    var result: [(name: String, address: String)] = []
    for entry in record.definition.extraHosts {
      guard let (name, address) = HostsFile.parse(entry) else {
        throw EngineError(.invalidParameter, "bad format for add-host: \"\(entry)\"")
      }
      if address == "host-gateway" {
        let gateways = hostGateways
        guard !gateways.isEmpty else {
          throw EngineError(
            .invalidParameter, "unable to derive the IP value for host-gateway: set host-gateway-ip")
        }
        result += gateways.map { (name, $0) }
      } else {
        guard IPAddress(address) != nil else {
          throw EngineError(.invalidParameter, "invalid IP address in add-host: \"\(address)\"")
        }
        result.append((name, address))
      }
    }
    return result
  }
}
