import AsyncWork
import NetworkDrivers
import NetworkModel

extension ContainerEngine {
  /// Brings a running container's endpoints to what its record says: one that was being connected and was never told
  /// so is taken off again, one that is missing is put on. What a plugin or a cluster has a say in is done beside the
  /// start, which must not wait for them.
  func settleEndpoints(_ container: Container) async {
    let record = container.record
    guard case .network = record.definition.network else { return }
    var present: Set<String> = []
    var leaving: [String] = []
    for endpoint in network.endpoints(of: record.id) {
      guard let joined = network.network(endpoint.networkID) else { continue }
      if endpoint.isComplete { present.insert(joined.name) }
      if endpoint.isComplete && record.definition.endpoints[joined.name] != nil { continue }
      if asksOthers(joined) { leaving.append(endpoint.id) } else { await undo(endpoint.id, container) }
    }
    var joining: [String] = []
    for name in record.definition.endpoints.keys.sorted() where !present.contains(name) {
      if network.network(name).map({ asksOthers($0) }) ?? false {
        joining.append(name)
        continue
      }
      do { _ = try await joinAgain(container, name) } catch {
        Log.warning("container \(record.shortID): joining \(name) again: \(error)")
      }
    }
    if leaving.isEmpty && joining.isEmpty { return }
    spawn { [self, leaving, joining] in await settleWithOthers(container, leaving, joining) }
  }

  private func asksOthers(_ record: NetworkRecord) -> Bool {
    record.remote != nil || record.overlay != nil || !["default", "null"].contains(record.ipam.driver)
  }

  private func settleWithOthers(_ container: Container, _ leaving: [String], _ joining: [String]) async {
    await container.transitions.withLock {
      for id in leaving { await undo(id, container) }
      for name in joining {
        let record = container.record
        guard record.state.isRunning, !record.endpoints.contains(where: { $0.networkName == name }) else { continue }
        do {
          guard let endpoint = try await joinAgain(container, name) else { continue }
          container.update { $0.endpoints.append(endpoint) }
          try await namesChanged(container.record, joined: endpoint, left: nil)
        } catch { Log.warning("container \(record.shortID): joining \(name) again: \(error)") }
      }
    }
    await saveOrWarn(container)
  }

  private func undo(_ id: String, _ container: Container) async {
    do { try await network.leave(endpoint: id) } catch let error as NetworkError where error.code == .notFound {
      // The controller has been quicker: it gives back by itself what is half made.
    } catch { Log.warning("container \(container.record.shortID): an endpoint that was under way: \(error)") }
    container.update { $0.endpoints.removeAll { $0.endpointID == id } }
  }

  /// Nil where the container is not to be on that network any more.
  private func joinAgain(_ container: Container, _ name: String) async throws -> ContainerEndpoint? {
    let record = container.record
    guard let request = record.definition.endpoints[name] else { return nil }
    let ports = name == portNetwork(of: record.definition) ? try portBindings(record.definition) : []
    return try await join(record, name, request, ports: ports)
  }
}
