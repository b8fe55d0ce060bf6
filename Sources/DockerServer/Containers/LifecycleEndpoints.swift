import ContainerEngine
import DockerAPI
import HTTPService

/// What changes a container's state.
enum LifecycleEndpoints {
  static let start: Endpoint = { call in
    // Old clients sent a HostConfig here; an empty object is let through as Docker does.
    if let length = call.request.body.declaredLength, length <= 7 {
      _ = try await call.request.body.collect(upTo: 7)
    } else {
      throw QueryError(
        "starting container with non-empty request body was deprecated since API v1.22 and removed in v1.24")
    }
    try await call.engine.startContainer(call.name)
    return .empty
  }

  static let stop: Endpoint = { call in
    try await call.engine.stopContainer(call.name, signal: signal(call), timeout: try call.integer("t"))
    return .empty
  }

  static let restart: Endpoint = { call in
    try await call.engine.restartContainer(call.name, signal: signal(call), timeout: try call.integer("t"))
    return .empty
  }

  private static func signal(_ call: Call) -> String? {
    guard call.version >= APIVersion(1, 42), let signal = call.query["signal"], !signal.isEmpty else { return nil }
    return signal
  }

  static let kill: Endpoint = { call in
    let signal = call.query["signal"].flatMap { $0.isEmpty ? nil : $0 }
    do {
      try await call.engine.killContainer(call.name, signal: signal)
    } catch let error as EngineError {
      throw EngineError(error.code, "cannot kill container: \(call.name): \(error.message)", cause: error)
    }
    return .empty
  }

  static let pause: Endpoint = { call in
    try await call.engine.pauseContainer(call.name)
    return .empty
  }

  static let unpause: Endpoint = { call in
    try await call.engine.unpauseContainer(call.name)
    return .empty
  }

  static let rename: Endpoint = { call in
    guard let name = call.query["name"], !name.isEmpty else {
      throw QueryError("Neither old nor new names may be empty")
    }
    try await call.engine.renameContainer(call.name, to: name)
    return .empty
  }

  static let remove: Endpoint = { call in
    if call.query.flag("link") {
      try await call.engine.removeLink(call.name)
      return .empty
    }
    try await call.engine.removeContainer(
      call.name, force: call.query.flag("force"), removeVolumes: call.query.flag("v"))
    return .empty
  }

  static let update: Endpoint = { call in
    var update = try await call.body(UpdateConfig.self)
    if call.version < APIVersion(1, 40) { update.resources.pidsLimit = nil }
    try update.resources.validate(update: true)
    try update.restartPolicy.validate()
    if let ports = update.portBindings {
      try await call.engine.publishPorts(call.name, DefinitionTranslation.published(ports))
    }
    let limits = DefinitionTranslation.limits(update.resources)
    let policy = update.restartPolicy.name.isEmpty ? nil : DefinitionTranslation.restartPolicy(update.restartPolicy)
    var answer = UpdateResponse()
    answer.warnings = try await call.engine.updateContainer(
      call.name, resources: limits == ResourceLimits() ? nil : limits, restartPolicy: policy)
    return .json(answer)
  }

  static let prune: Endpoint = { call in
    let filters = try call.filters(["label", "label!", "until"])
    let until = try PruneBound.until(filters)
    let (ids, reclaimed) = try await call.engine.pruneContainers { record in
      let labels = record.definition.labels
      return record.created <= until && filters.matchesLabels("label", labels)
        && !filters.excludesLabels("label!", labels)
    }
    call.engine.events.publish(
      Event(.container, "prune", actor: "", attributes: ["reclaimed": String(max(0, reclaimed))]))
    var report = ContainersPruneReport()
    report.containersDeleted = ids.isEmpty ? nil : ids
    report.spaceReclaimed = UInt64(max(0, reclaimed))
    return .json(report)
  }
}

/// The `until` filter of every prune: only what was made before.
enum PruneBound {
  /// Nanoseconds since 1970; the far future without a filter.
  static func until(_ filters: Filters) throws(QueryError) -> Int64 {
    let values = filters("until")
    guard let value = values.first else { return .max }
    guard values.count == 1 else { throw QueryError("more than one until filter specified") }
    return try DockerAPI.Timestamp.parseBound(value, now: Timestamps.now).nanosecondsSince1970
  }
}
