import ContainerEngine
import DockerAPI
import HTTPService

/// Volumes.
enum VolumeEndpoints {
  static let list: Endpoint = { call in
    let filters = try call.filters(["dangling", "driver", "label", "name"])
    let dangling = filters.has("dangling") ? try filters.flag("dangling", default: false) : nil
    var answer = VolumeList()
    for volume in call.engine.volumes.volumes() {
      guard filters.matchesPattern("name", volume.name), filters.matchesExactly("driver", volume.driver),
        filters.matchesLabels("label", volume.labels)
      else { continue }
      if let dangling, dangling != call.engine.containersUsing(volume: volume.name).isEmpty { continue }
      answer.volumes.append(describe(volume))
    }
    return .json(answer)
  }

  static let inspect: Endpoint = { call in
    .json(describe(try call.engine.volumes.volume(call.name)))
  }

  static let create: Endpoint = { call in
    let request = try await call.body(VolumeCreateRequest.self)
    if request.clusterVolumeSpec != nil {
      throw RefusedError(.serviceUnavailable, "volume create is only valid for cluster volumes in swarm mode")
    }
    if !request.name.isEmpty, request.name.utf8.count == 1 {
      throw QueryError("volume name is too short, names should be at least two alphanumeric characters")
    }
    let known = Set(call.engine.volumes.volumes().map(\.name))
    let volume = try await call.engine.volumes.create(
      name: request.name, driver: request.driver, options: request.driverOpts ?? [:], labels: request.labels ?? [:])
    if !known.contains(volume.name) {
      call.engine.events.publish(
        Event(.volume, "create", actor: volume.name, attributes: ["driver": volume.driver]))
    }
    return .json(describe(volume), .created)
  }

  static let remove: Endpoint = { call in
    let existing = try? call.engine.volumes.volume(call.name)
    try await call.engine.volumes.remove(
      call.name, force: call.query.flag("force"), users: call.engine.containersUsing(volume: call.name))
    if let existing {
      call.engine.events.publish(
        Event(.volume, "destroy", actor: existing.name, attributes: ["driver": existing.driver]))
    }
    return .empty
  }

  static let prune: Endpoint = { call in
    let filters = try call.filters(["all", "label", "label!"])
    // Until 1.42 every unused volume went; since then named ones stay unless `all` is said.
    let all = call.version < APIVersion(1, 42) ? true : try filters.flag("all", default: false)
    let (names, reclaimed) = try await call.engine.pruneVolumes { volume in
      (all || volume.isAnonymous) && filters.matchesLabels("label", volume.labels)
        && !filters.excludesLabels("label!", volume.labels)
    }
    var report = VolumesPruneReport()
    report.volumesDeleted = names.isEmpty ? nil : names
    report.spaceReclaimed = UInt64(max(0, reclaimed))
    call.engine.events.publish(
      Event(.volume, "prune", actor: "", attributes: ["reclaimed": String(report.spaceReclaimed)]))
    return .json(report)
  }

  /// Docker's view of a volume.
  static func describe(_ volume: Volume) -> VolumeInspect {
    var answer = VolumeInspect()
    answer.name = volume.name
    answer.driver = volume.driver
    answer.mountpoint = volume.mountpoint
    answer.createdAt = DockerAPI.Timestamp(seconds: volume.created / 1_000_000_000).description
    answer.labels =
      volume.isAnonymous ? volume.labels.merging(["com.docker.volume.anonymous": ""]) { $1 } : volume.labels
    if answer.labels?.isEmpty == true { answer.labels = nil }
    answer.options = volume.options.isEmpty ? nil : volume.options
    answer.scope = "local"
    return answer
  }
}
