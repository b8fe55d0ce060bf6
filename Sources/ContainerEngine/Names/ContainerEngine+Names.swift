import Addressing
import AsyncWork
import DNS
import Linux
import NetworkDrivers
import NetworkModel

extension ContainerEngine {
  /// A container that another one on the default network links to.
  struct LinkedContainer {
    var alias: String
    var record: ContainerRecord
    var endpoint: ContainerEndpoint
  }

  /// Those that a container on the default network links to (`--link`): there are no names there otherwise.
  func linkedContainers(_ record: ContainerRecord) throws(EngineError) -> [LinkedContainer] {
    var linked: [LinkedContainer] = []
    for (name, alias) in Self.links(record.definition.links) {
      let other = try table.find(name).record
      guard other.state.isRunning else {
        throw EngineError(
          .conflict, "Cannot link to a non running container: /\(other.name) AS /\(record.name)/\(alias)")
      }
      guard let endpoint = other.endpoints.first(where: { $0.networkName == Self.defaultNetwork }) else {
        throw EngineError(
          .invalidParameter, "Cannot link to /\(other.name), as it does not belong to the default network")
      }
      linked.append(LinkedContainer(alias: alias, record: other, endpoint: endpoint))
    }
    return linked
  }

  /// A container has started: those that link to it find it at its new addresses.
  func refreshLinks(to record: ContainerRecord) async {
    for other in table.all().map(\.record) where other.state.isRunning && !other.definition.links.isEmpty {
      let aliases = Self.links(other.definition.links).filter { $0.name == record.name }.map(\.alias)
      if aliases.isEmpty { continue }
      let path = dataDirectory(of: other.id) + "/hosts"
      do {
        let hosts = try linkedHosts(other).filter { line in
          aliases.contains { line.name.split(separator: " ").contains($0[...]) }
        }
        try await pool.run {
          let text = try FileSystem.readText(path)
          let changed = HostsFile.text(text, withoutNames: aliases, adding: hosts)
          if changed != text { try FileSystem.write(path, Array(changed.utf8)) }
        }
      } catch { Log.warning("container \(other.shortID): its link to \(record.name): \(error)") }
    }
  }

  /// Their lines in /etc/hosts.
  func linkedHosts(_ record: ContainerRecord) throws(EngineError) -> [(name: String, address: String)] {
    try linkedContainers(record).flatMap { linked in
      var seen: Set<String> = []
      let names = [linked.alias, hostname(of: linked.record), linked.record.name].filter { seen.insert($0).inserted }
      return [linked.endpoint.ipv4, linked.endpoint.ipv6].filter { !$0.isEmpty }
        .map { (name: names.joined(separator: " "), address: $0) }
    }
  }

  /// Their variables.
  func linkEnvironment(_ record: ContainerRecord) throws(EngineError) -> [String] {
    try linkedContainers(record).flatMap { linked in
      LinkEnvironment.variables(
        alias: linked.alias, path: "/\(record.name)/\(linked.alias)", address: linked.endpoint.ipv4,
        ports: linked.record.definition.exposedPorts, environment: linked.record.definition.environment)
    }
  }

  /// Links as docker shows them: `/container:/own-name/alias`.
  public static func linkPaths(_ entries: [String], of name: String) -> [String] {
    links(entries).map { "/\($0.name):/\(name)/\($0.alias)" }
  }

  /// Splits `container:alias`; without an alias the container's own name is it.
  static func links(_ entries: [String]) -> [(name: String, alias: String)] {
    entries.map { entry in
      let parts = entry.split(separator: ":", maxSplits: 1).map(String.init)
      func base(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
      let name = parts.first ?? entry
      return (base(name), base(parts.count > 1 ? parts[1] : name))
    }
  }

  /// Makes a container's names known on its networks, and answers its own questions where it is on a network that has
  /// names.
  func startNames(_ record: ContainerRecord, _ endpoints: [ContainerEndpoint]) async throws {
    publishNames(record, endpoints)
    guard endpoints.contains(where: { hasNames($0) }) else { return }
    let sockets = try await network.openResolver(sandbox: record.id)
    try await names.serve(record.id, on: sockets, try await resolverSurroundings(record, endpoints))
  }

  /// Takes a container's names away, and its resolver.
  func stopNames(_ id: String) async {
    for endpoint in network.endpoints(of: id) { names.directory.remove(id, from: endpoint.networkID) }
    await names.stopServing(id)
  }

  /// Puts a container's names into the directory, or replaces them there.
  func publishNames(_ record: ContainerRecord, _ endpoints: [ContainerEndpoint]) {
    for endpoint in endpoints where hasNames(endpoint) {
      let addresses = [endpoint.ipv4, endpoint.ipv6].compactMap { IPAddress($0) }
      guard let canonical = DomainName("\(record.name).\(endpoint.networkName)") ?? DomainName(record.shortID) else {
        continue
      }
      names.directory.set(
        NameDirectory.Member(
          container: record.id, names: endpoint.names.compactMap { DomainName($0) }, canonical: canonical,
          addresses: addresses),
        on: endpoint.networkID, called: DomainName(endpoint.networkName))
    }
  }

  /// A container that runs is found by its new name from now on.
  func rename(_ container: Container) {
    let record = container.update { record in
      for index in record.endpoints.indices {
        guard let joined = network.network(record.endpoints[index].networkID) else { continue }
        record.endpoints[index].names = names(of: record, on: joined)
      }
    }
    guard record.state.isRunning else { return }
    publishNames(record, record.endpoints)
    for endpoint in record.endpoints where network.network(endpoint.networkID)?.overlay != nil {
      spawn { [network] in
        do { try await network.setNames(endpoint.names, called: record.name, of: endpoint.endpointID) } catch {
          Log.warning("container \(record.shortID): telling its new name: \(error)")
        }
      }
    }
  }

  private func hasNames(_ endpoint: ContainerEndpoint) -> Bool {
    network.network(endpoint.networkID).map { !$0.isPredefined } ?? false
  }

  /// What a container's resolver needs to know.
  private func resolverSurroundings(
    _ record: ContainerRecord, _ endpoints: [ContainerEndpoint]
  ) async throws -> SandboxResolver.Surroundings {
    let named = endpoints.filter { hasNames($0) }
    var surroundings = SandboxResolver.Surroundings()
    surroundings.networks = named.map(\.networkID)
    for endpoint in named {
      for (name, alias) in Self.links(record.definition.endpoints[endpoint.networkName]?.links ?? []) {
        if let alias = DomainName(alias), let name = DomainName(name) { surroundings.links[alias] = name }
      }
    }
    let options =
      record.definition.resolverOptions.isEmpty ? configuration.resolverOptions : record.definition.resolverOptions
    surroundings.keepsSingleLabels = options.contains { option in
      option.hasPrefix("ndots:") && (Int(option.dropFirst(6)) ?? 0) > 0
    }
    // A network that leads nowhere must not leak what its containers look for (CVE-2024-29018).
    let leadsOut = endpoints.contains { network.network($0.networkID).map { !$0.isInternal } ?? false }
    guard leadsOut else { return surroundings }
    let namespace = try await network.namespace(ofSandbox: record.id)
    let chosen = record.definition.nameServers.isEmpty ? configuration.nameServers : record.definition.nameServers
    if chosen.isEmpty {
      let host = try await pool.run { ResolverFile.ofHost() }
      surroundings.upstreams = host.nameServers.compactMap { IPAddress($0) }.map { address in
        // The host's loopback can be reached from the host alone.
        Upstream(address, in: address.isLoopback ? nil : namespace)
      }
    } else {
      // Its own resolver would only be asked the same question again.
      surroundings.upstreams = chosen.filter { $0 != ResolverFile.embedded }.compactMap { IPAddress($0) }
        .map { Upstream($0, in: namespace) }
    }
    return surroundings
  }

  /// A running container has joined or left a network: its names there, its resolver and its own files say so.
  func namesChanged(
    _ record: ContainerRecord, joined: ContainerEndpoint?, left: ContainerEndpoint?
  ) async throws {
    if let left { names.directory.remove(record.id, from: left.networkID) }
    if names.isServed(record.id) {
      publishNames(record, record.endpoints)
      names.change(record.id, try await resolverSurroundings(record, record.endpoints))
    } else if let joined, hasNames(joined) {
      try await startNames(record, record.endpoints)
      try await writeResolverFile(record, embedded: true, usesHostStack: false)
    }
    let path = dataDirectory(of: record.id) + "/hosts"
    let own = HostsFile.names(hostname: hostname(of: record), domainName: record.definition.domainName)
    func addresses(_ endpoint: ContainerEndpoint?) -> [String] {
      [endpoint?.ipv4 ?? "", endpoint?.ipv6 ?? ""].filter { !$0.isEmpty }
    }
    let gone = addresses(left)
    let new = addresses(joined)
    try await pool.run {
      // Changed in place: the container has this very file mounted, and may have written to it.
      let text = try FileSystem.readText(path)
      let changed = HostsFile.text(text, without: gone, adding: new, names: own)
      if changed != text { try FileSystem.write(path, Array(changed.utf8)) }
    }
  }
}
