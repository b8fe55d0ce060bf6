import AsyncWork
import Linux

extension ContainerEngine {
  /// What a container on the default network sees of those that it links to (`--link`): there are no names there
  /// otherwise.
  func linkedHosts(_ record: ContainerRecord) throws(EngineError) -> [(name: String, address: String)] {
    var hosts: [(name: String, address: String)] = []
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
      let names = alias == other.name ? "\(alias) \(other.shortID)" : "\(alias) \(other.shortID) \(other.name)"
      hosts += [endpoint.ipv4, endpoint.ipv6].filter { !$0.isEmpty }.map { (names, $0) }
    }
    return hosts
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

  /// A running container has joined or left a network: its own files say so.
  func namesChanged(
    _ record: ContainerRecord, joined: ContainerEndpoint?, left: ContainerEndpoint?
  ) async throws {
    let path = dataDirectory(of: record.id) + "/hosts"
    let names = HostsFile.names(hostname: hostname(of: record), domainName: record.definition.domainName)
    func addresses(_ endpoint: ContainerEndpoint?) -> [String] {
      [endpoint?.ipv4 ?? "", endpoint?.ipv6 ?? ""].filter { !$0.isEmpty }
    }
    let gone = addresses(left)
    let new = addresses(joined)
    try await pool.run {
      // Changed in place: the container has this very file mounted, and may have written to it.
      let text = try FileSystem.readText(path)
      let changed = HostsFile.text(text, without: gone, adding: new, names: names)
      if changed != text { try FileSystem.write(path, Array(changed.utf8)) }
    }
  }
}
