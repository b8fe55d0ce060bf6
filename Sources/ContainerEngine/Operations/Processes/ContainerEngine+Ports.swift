import AsyncWork
import NetworkDrivers
import NetworkModel

extension ContainerEngine {
  /// Publishes other ports of a container than until now, at once where it runs. Ports that stay are not interrupted; when
  /// it fails nothing has changed.
  public func publishPorts(
    _ reference: String, _ requests: [PublishedPortRequest]
  ) async throws(EngineError) {
    let container = try table.find(reference)
    try await exclusively(container) { [self] () throws(EngineError) in
      if container.isRemoved { throw EngineError.noSuchContainer(reference) }
      guard case .network = container.record.definition.network else {
        throw EngineError(
          .conflict, "container \(container.id) has no network of its own: it has no ports to publish")
      }
      let before = container.record.definition
      var definition = before
      definition.publishedPorts = requests
      definition.hasChangedPorts = true
      for request in requests where !definition.exposedPorts.contains(request.container) {
        definition.exposedPorts.append(request.container)
      }
      let changed = definition
      do {
        let bindings = try portBindings(changed)
        try await container.transitions.withLock {
          let record = container.record
          if record.state.isRunning, let carrier = portNetwork(of: changed),
            let endpoint = record.endpoints.first(where: { $0.networkName == carrier })
          {
            try await setPorts(bindings, of: endpoint.endpointID, container)
          }
          container.update { record in
            record.definition.publishedPorts = changed.publishedPorts
            record.definition.exposedPorts = changed.exposedPorts
            record.definition.hasChangedPorts = true
          }
        }
      } catch { throw EngineError.wrap(error) }
      try await save(container)
      publish(container.record, "update")
    }
  }
}
