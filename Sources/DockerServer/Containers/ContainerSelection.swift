import ContainerEngine
import DockerAPI

/// Which containers `docker ps` shows.
struct ContainerSelection {
  static let accepted: Set<String> = [
    "ancestor", "before", "exited", "expose", "health", "id", "is-task", "isolation", "label", "name", "network",
    "publish", "since", "status", "volume",
  ]
  private static let states = ["created", "running", "paused", "restarting", "removing", "exited", "dead"]
  private static let healths = ["none", "starting", "healthy", "unhealthy"]

  private let filters: Filters
  private let all: Bool
  private let limit: Int
  private let exitCodes: Set<Int32>
  /// Images that `ancestor` names; nil without that filter.
  private let ancestors: Set<String>?
  private let published: [PortSpec]
  private let exposed: [PortSpec]
  private let before: String?
  private let since: String?

  /// Reads what was asked for.
  ///
  /// - Throws: ``QueryError`` for values that make no sense, ``EngineError`` for containers that do not exist.
  init(
    filters: Filters, all: Bool, limit: Int, before: String?, since: String?, engine: ContainerEngine
  ) async throws {
    self.filters = filters
    self.limit = max(0, limit)
    var codes: Set<Int32> = []
    for text in filters("exited") {
      guard let code = Int32(text) else {
        throw QueryError("invalid filter 'exited=\(text)': strconv.Atoi: parsing \"\(text)\": invalid syntax")
      }
      codes.insert(code)
    }
    exitCodes = codes
    for state in filters("status") where !Self.states.contains(state) {
      throw QueryError(
        "invalid filter 'status=\(state)': invalid value for state (\(state)): must be one of "
          + Self.states.joined(separator: ", "))
    }
    for health in filters("health") where !Self.healths.contains(health) {
      throw QueryError(
        "invalid filter 'health=\(health)': invalid value for health (\(health)): must be one of "
          + Self.healths.joined(separator: ", "))
    }
    _ = try filters.flag("is-task", default: false)
    self.all = all || filters.has("status")
    published = try filters("publish").map { text throws(QueryError) in try PortSpec(text) }
    exposed = try filters("expose").map { text throws(QueryError) in try PortSpec(text) }
    ancestors = filters.has("ancestor") ? try await ImageNames.family(of: filters("ancestor"), engine) : nil
    self.before = try (before.flatMap { $0.isEmpty ? nil : $0 } ?? filters("before").first)
      .map { try engine.container($0).id }
    self.since = try (since.flatMap { $0.isEmpty ? nil : $0 } ?? filters("since").first)
      .map { try engine.container($0).id }
  }

  /// The records to show, in the order given (newest first).
  func select(_ records: [ContainerRecord]) -> [ContainerRecord] {
    var chosen: [ContainerRecord] = []
    var waiting = before != nil
    for record in records {
      if waiting {
        if record.id == before { waiting = false }
        continue
      }
      if record.id == since || (limit > 0 && chosen.count == limit) { break }
      if includes(record) { chosen.append(record) }
    }
    return chosen
  }

  private func includes(_ record: ContainerRecord) -> Bool {
    let state = record.state
    let running = state.isRunning || state.status == .restarting
    guard running || all || limit > 0 else { return false }
    guard filters.matchesPattern("name", "/" + record.name) || filters.matchesPattern("name", record.name) else {
      return false
    }
    guard filters.matchesPattern("id", record.id), filters.matchesLabels("label", record.definition.labels) else {
      return false
    }
    // No container here is a task of a swarm.
    if filters.has("is-task"), filters("is-task").first.map({ ["1", "true"].contains($0) }) == true { return false }
    if !exitCodes.isEmpty, running || state.started == 0 || !exitCodes.contains(state.exitCode) { return false }
    guard filters.matchesExactly("status", state.status.rawValue),
      filters.matchesExactly("health", state.health?.status.rawValue ?? "none")
    else { return false }
    if let ancestors, !ancestors.contains(record.imageID) { return false }
    return matchesVolume(record) && matchesNetwork(record) && matchesPort(record)
  }

  private func matchesVolume(_ record: ContainerRecord) -> Bool {
    guard filters.has("volume") else { return true }
    return filters("volume").contains { wanted in
      record.mounts.contains { $0.destination == wanted || ($0.name.isEmpty ? $0.source : $0.name) == wanted }
    }
  }

  private func matchesNetwork(_ record: ContainerRecord) -> Bool {
    guard filters.has("network") else { return true }
    let networks = NetworkTranslation.endpoints(record)
    return filters("network").contains { wanted in
      networks.contains { $0.key == wanted || (!wanted.isEmpty && $0.value.networkID.hasPrefix(wanted)) }
    }
  }

  private func matchesPort(_ record: ContainerRecord) -> Bool {
    guard !published.isEmpty || !exposed.isEmpty else { return true }
    return NetworkTranslation.summary(record).contains { port in
      published.contains { $0.protocolName == port.type && $0.ports.contains(port.publicPort) && port.publicPort != 0 }
        || exposed.contains { $0.protocolName == port.type && $0.ports.contains(port.privatePort) }
    }
  }
}
