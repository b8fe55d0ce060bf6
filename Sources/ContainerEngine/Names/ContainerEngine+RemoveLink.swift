import AsyncWork
import Linux

extension ContainerEngine {
  /// Takes away one of a container's links to others on the default network (`docker rm --link`). The other container
  /// stays as it is; in the container, should it run, its name is no longer known.
  ///
  /// - Parameter path: `container/alias`, as docker shows links.
  /// - Throws: `notFound` where there is no such link, `conflict` for a container's own name.
  public func removeLink(_ path: String) async throws(EngineError) {
    let parts = path.split(separator: "/").map(String.init)
    guard parts.count == 2 else {
      guard parts.count == 1 else { throw EngineError.noSuchContainer(path) }
      _ = try table.find(parts[0])
      throw EngineError(.conflict, "Conflict, cannot remove the default link name of the container")
    }
    let container = try table.find(parts[0])
    let alias = parts[1]
    try await exclusively(container) { [self] () throws(EngineError) in
      let before = container.record
      let kept = before.definition.links.filter { Self.links([$0]).first?.alias != alias }
      guard !container.isRemoved, kept.count < before.definition.links.count else {
        throw EngineError.noSuchContainer(path)
      }
      let record = container.update {
        $0.definition.links = kept
        $0.linkEnvironment.removeAll { LinkEnvironment.isVariable($0, of: alias) }
      }
      try await save(container)
      guard record.state.isRunning else { return }
      let hosts = dataDirectory(of: record.id) + "/hosts"
      do {
        try await pool.run {
          let text = try FileSystem.readText(hosts)
          try FileSystem.write(hosts, Array(HostsFile.text(text, withoutNames: [alias], adding: []).utf8))
        }
      } catch { throw EngineError.wrap(error) }
    }
  }
}
