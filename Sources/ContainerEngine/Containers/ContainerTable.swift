import Synchronization

/// All containers by id and name. Names are taken before anything is made, so that two creations never race for one.
final class ContainerTable: Sendable {
  private struct State {
    var byID: [String: Container] = [:]
    /// Name → id of its owner, or of the creation under way.
    var names: [String: String] = [:]
  }
  private let state = Mutex(State())

  /// Newest first.
  func all() -> [Container] {
    state.withLock { Array($0.byID.values) }
      .map { ($0.record.created, $0) }.sorted { $0.0 > $1.0 }.map(\.1)
  }

  /// By full id.
  subscript(id: String) -> Container? { state.withLock { $0.byID[id] } }

  /// Finds by full id, name, or the beginning of an id that only one container has.
  func find(_ reference: String) throws(EngineError) -> Container {
    let name = reference.hasPrefix("/") ? String(reference.dropFirst()) : reference
    if name.isEmpty { throw EngineError(.invalidParameter, "No container name or ID supplied") }
    let found: Result<Container, EngineError> = state.withLock { state in
      if let container = state.byID[name] { return .success(container) }
      if let id = state.names[name], let container = state.byID[id] { return .success(container) }
      let matches = state.byID.keys.filter { $0.hasPrefix(name) }
      if matches.count == 1, let container = state.byID[matches[0]] { return .success(container) }
      if matches.count > 1 {
        return .failure(EngineError(.invalidParameter, "multiple IDs found with provided prefix: \(name)"))
      }
      return .failure(.noSuchContainer(reference))
    }
    return try found.get()
  }

  /// Takes a name for `id`.
  func reserve(name: String, for id: String) throws(EngineError) {
    let owner: String? = state.withLock { state in
      if let owner = state.names[name], owner != id { return owner }
      state.names[name] = id
      return nil
    }
    if let owner {
      throw EngineError(
        .conflict,
        "Conflict. The container name \"/\(name)\" is already in use by container \"\(owner)\". "
          + "You have to remove (or rename) that container to be able to reuse that name.")
    }
  }

  func isTaken(name: String) -> Bool { state.withLock { $0.names[name] != nil } }

  /// Gives a name back if `id` has it.
  func release(name: String, of id: String) {
    state.withLock { if $0.names[name] == id { $0.names[name] = nil } }
  }

  func insert(_ container: Container) {
    let name = container.record.name
    state.withLock {
      $0.byID[container.id] = container
      $0.names[name] = container.id
    }
  }

  func remove(_ container: Container) {
    let name = container.record.name
    state.withLock {
      $0.byID[container.id] = nil
      if $0.names[name] == container.id { $0.names[name] = nil }
    }
  }
}
