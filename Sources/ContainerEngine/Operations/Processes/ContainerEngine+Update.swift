import ContainerRuntime
import Linux

extension ContainerEngine {
  /// Changes a container's limits, at once where it runs, and its restart policy (`docker update`). What is nil in
  /// `resources` stays as it is.
  ///
  /// - Returns: what the user should know.
  public func updateContainer(
    _ reference: String, resources: ResourceLimits?, restartPolicy: RestartPolicy?
  ) async throws(EngineError) -> [String] {
    let container = try table.find(reference)
    var warnings: [String] = []
    var possible = resources
    if var limits = resources {
      try DefinitionChecks.validate(limits)
      warnings = HostLimits.discard(&limits)
      possible = limits
    }
    let wanted = possible
    if let restartPolicy { try ResourceUpdate.validate(restartPolicy) }
    try await exclusively(container) { [self] () throws(EngineError) in
      let old = container.record
      if container.isRemoved || old.state.status == .removing || old.state.status == .dead {
        throw Self.cannotUpdate(old.id, "container is marked for removal and cannot be \"update\"")
      }
      if restartPolicy.map({ $0.mode != .never }) ?? false, old.definition.autoRemove {
        throw Self.cannotUpdate(
          old.id, "Restart policy cannot be updated because AutoRemove is enabled for the container")
      }
      var record = old
      if let restartPolicy { record.definition.restartPolicy = restartPolicy }
      if let wanted {
        record.definition.resources = try ResourceUpdate.merged(old.definition.resources, with: wanted, id: old.id)
      }
      // The kernel first: what it refuses is not written down as done.
      if wanted != nil, old.state.isRunning {
        let specification = SpecificationBuilder.resources(record.definition.resources)
        do { try await runtime.update(old.id, resources: specification) } catch {
          throw EngineError(.internalFailure, "Cannot update container \(old.id): \(error)", cause: error)
        }
      }
      let definition = record.definition
      record = container.update {
        $0.definition.resources = definition.resources
        $0.definition.restartPolicy = definition.restartPolicy
      }
      try await save(container)
      publish(record, "update")
    }
    return warnings
  }

  private static func cannotUpdate(_ id: String, _ why: String) -> EngineError {
    EngineError(.conflict, "Cannot update container \(id): \(why)")
  }
}

/// New limits over old ones, by docker's rules. Pure.
enum ResourceUpdate {
  static func validate(_ policy: RestartPolicy) throws(EngineError) {
    if policy.maximumRetries != 0, policy.mode != .onFailure {
      throw EngineError(
        .invalidParameter, "invalid restart policy: maximum retry count can only be used with 'on-failure'")
    }
    if policy.maximumRetries < 0 {
      throw EngineError(.invalidParameter, "invalid restart policy: maximum retry count cannot be negative")
    }
  }

  static func merged(
    _ old: ResourceLimits, with new: ResourceLimits, id: String
  ) throws(EngineError) -> ResourceLimits {
    var limits = old
    func conflict(_ a: String, _ b: String) -> EngineError {
      EngineError(
        .conflict,
        "Cannot update container \(id): Conflicting options: \(a) cannot be updated as \(b) has already been set")
    }
    if old.nanoCPUs ?? 0 > 0 {
      if new.cpuPeriod ?? 0 > 0 { throw conflict("CPU Period", "NanoCPUs") }
      if new.cpuQuota ?? 0 > 0 { throw conflict("CPU Quota", "NanoCPUs") }
    }
    if new.nanoCPUs ?? 0 > 0 {
      if old.cpuPeriod ?? 0 > 0 { throw conflict("Nano CPUs", "CPU Period") }
      if old.cpuQuota ?? 0 > 0 { throw conflict("Nano CPUs", "CPU Quota") }
    }
    func take<Value: Equatable>(_ path: WritableKeyPath<ResourceLimits, Value?>, _ nothing: Value) {
      if let value = new[keyPath: path], value != nothing { limits[keyPath: path] = value }
    }
    take(\.blockIOWeight, 0)
    take(\.cpuShares, 0)
    take(\.nanoCPUs, 0)
    take(\.cpuPeriod, 0)
    take(\.cpuQuota, 0)
    take(\.cpuRealtimePeriod, 0)
    take(\.cpuRealtimeRuntime, 0)
    take(\.cpuset, "")
    take(\.memoryNodes, "")
    if let memory = new.memory, memory != 0 {
      // A memory limit above the old limit of memory and swap together makes no sense without a new one of those.
      if let swap = old.memorySwap, swap > 0, memory > swap, new.memorySwap ?? 0 == 0 {
        throw EngineError(
          .conflict,
          "Cannot update container \(id): Memory limit should be smaller than already set memoryswap limit, update the "
            + "memoryswap at the same time")
      }
      limits.memory = memory
    }
    take(\.memorySwap, 0)
    take(\.memoryReservation, 0)
    if let pids = new.pids { limits.pids = pids }
    return limits
  }
}
