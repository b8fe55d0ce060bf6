import HTTPService

/// Every path of the API, versions 1.24 to 1.50.
enum Routes {
  /// The routes as they are collected.
  private struct Table {
    var router = Router()
    let run: @Sendable (Request, Endpoint) async throws -> Response

    mutating func add(_ method: Method, _ pattern: String, _ endpoint: @escaping Endpoint) {
      let run = run
      router.add(method, pattern) { request in try await run(request, endpoint) }
    }
  }

  /// - Parameter run: Runs an endpoint for a request.
  static func router(run: @escaping @Sendable (Request, Endpoint) async throws -> Response) -> Router {
    var table = Table(run: run)
    system(&table)
    containers(&table)
    images(&table)
    volumesAndNetworks(&table)
    swarm(&table)
    for (method, pattern) in notImplemented { table.add(method, pattern, refuse(method, pattern)) }
    return table.router
  }

  private static func system(_ table: inout Table) {
    table.add(.get, "/_ping", SystemEndpoints.ping)
    table.add(.head, "/_ping", SystemEndpoints.ping)
    table.add(.get, "/version", SystemEndpoints.version)
    table.add(.get, "/info", InfoEndpoint.info)
    table.add(.get, "/system/df", DiskUsageEndpoint.diskUsage)
    table.add(.get, "/events", EventsEndpoint.events)
    table.add(.post, "/auth", RegistryEndpoints.authenticate)
    table.add(.get, "/plugins", SystemEndpoints.noPlugins)
    table.add(.get, "/plugins/{name...}/json", SystemEndpoints.noSuchPlugin)
    table.add(.delete, "/plugins/{name...}", SystemEndpoints.noSuchPlugin)
    for action in ["enable", "disable", "push", "upgrade", "set"] {
      table.add(.post, "/plugins/{name...}/\(action)", SystemEndpoints.noSuchPlugin)
    }
    table.add(.post, "/build/prune", SystemEndpoints.pruneBuildCache)
  }

  private static func containers(_ table: inout Table) {
    table.add(.get, "/containers/json", ListEndpoint.list)
    table.add(.post, "/containers/create", CreateEndpoint.create)
    table.add(.post, "/containers/prune", LifecycleEndpoints.prune)
    table.add(.get, "/containers/{name}/json", InspectEndpoint.inspect)
    table.add(.get, "/containers/{name}/top", InspectEndpoint.top)
    table.add(.get, "/containers/{name}/changes", InspectEndpoint.changes)
    table.add(.get, "/containers/{name}/logs", LogsEndpoint.logs)
    table.add(.get, "/containers/{name}/stats", StatsEndpoint.stats)
    table.add(.get, "/containers/{name}/export", ArchiveEndpoints.export)
    table.add(.head, "/containers/{name}/archive", ArchiveEndpoints.status)
    table.add(.get, "/containers/{name}/archive", ArchiveEndpoints.read)
    table.add(.put, "/containers/{name}/archive", ArchiveEndpoints.write)
    table.add(.post, "/containers/{name}/start", LifecycleEndpoints.start)
    table.add(.post, "/containers/{name}/stop", LifecycleEndpoints.stop)
    table.add(.post, "/containers/{name}/restart", LifecycleEndpoints.restart)
    table.add(.post, "/containers/{name}/kill", LifecycleEndpoints.kill)
    table.add(.post, "/containers/{name}/pause", LifecycleEndpoints.pause)
    table.add(.post, "/containers/{name}/unpause", LifecycleEndpoints.unpause)
    table.add(.post, "/containers/{name}/rename", LifecycleEndpoints.rename)
    table.add(.post, "/containers/{name}/update", LifecycleEndpoints.update)
    table.add(.post, "/containers/{name}/wait", WaitEndpoint.wait)
    table.add(.post, "/containers/{name}/resize", AttachEndpoint.resize)
    table.add(.post, "/containers/{name}/attach", AttachEndpoint.attach)
    table.add(.post, "/containers/{name}/exec", ExecEndpoints.create)
    table.add(.delete, "/containers/{name...}", LifecycleEndpoints.remove)
    table.add(.get, "/exec/{name}/json", ExecEndpoints.inspect)
    table.add(.post, "/exec/{name}/start", ExecEndpoints.start)
    table.add(.post, "/exec/{name}/resize", ExecEndpoints.resize)
    table.add(.post, "/commit", CommitEndpoint.commit)
  }

  private static func images(_ table: inout Table) {
    table.add(.get, "/images/json", ImageListing.list)
    table.add(.get, "/images/get", ImageArchiveEndpoints.save)
    table.add(.post, "/images/load", ImageArchiveEndpoints.load)
    table.add(.post, "/images/create", PullEndpoint.create)
    table.add(.post, "/images/prune", ImageEndpoints.prune)
    table.add(.get, "/images/{name...}/get", ImageArchiveEndpoints.saveOne)
    table.add(.get, "/images/{name...}/history", ImageEndpoints.history)
    table.add(.get, "/images/{name...}/json", ImageEndpoints.inspect)
    table.add(.post, "/images/{name...}/push", PushEndpoint.push)
    table.add(.post, "/images/{name...}/tag", ImageEndpoints.tag)
    table.add(.delete, "/images/{name...}", ImageEndpoints.remove)
    table.add(.get, "/distribution/{name...}/json", RegistryEndpoints.distribution)
  }

  private static func volumesAndNetworks(_ table: inout Table) {
    table.add(.get, "/volumes", VolumeEndpoints.list)
    table.add(.post, "/volumes/create", VolumeEndpoints.create)
    table.add(.post, "/volumes/prune", VolumeEndpoints.prune)
    table.add(.get, "/volumes/{name}", VolumeEndpoints.inspect)
    table.add(.delete, "/volumes/{name}", VolumeEndpoints.remove)
    table.add(.get, "/networks", NetworkEndpoints.list)
    table.add(.get, "/networks/", NetworkEndpoints.list)
    table.add(.post, "/networks/create", NetworkEndpoints.create)
    table.add(.post, "/networks/{name}/connect", NetworkEndpoints.connect)
    table.add(.post, "/networks/{name}/disconnect", NetworkEndpoints.disconnect)
    table.add(.post, "/networks/prune", NetworkEndpoints.prune)
    table.add(.get, "/networks/{name}", NetworkEndpoints.inspect)
    table.add(.get, "/networks/{name}/plan", NetworkEndpoints.plan)
    table.add(.delete, "/networks/{name}", NetworkEndpoints.remove)
  }

  private static func swarm(_ table: inout Table) {
    for path in ["/swarm/init", "/swarm/join"] { table.add(.post, path, SwarmEndpoints.enter) }
    table.add(.post, "/swarm/leave", SwarmEndpoints.leave)
    for (method, pattern) in SwarmEndpoints.managers { table.add(method, pattern, SwarmEndpoints.notManager) }
  }

  /// What the API has and this engine does not.
  private static let notImplemented: [(Method, String)] = [
    (.get, "/containers/{name}/attach/ws"),
    (.get, "/containers/{name}/checkpoints"), (.post, "/containers/{name}/checkpoints"),
    (.delete, "/containers/{name}/checkpoints/{checkpoint}"),
    (.get, "/images/search"),
    (.post, "/build"), (.post, "/build/cancel"), (.post, "/session"), (.post, "/grpc"),
    (.put, "/volumes/{name}"),
    (.get, "/plugins/privileges"), (.post, "/plugins/pull"), (.post, "/plugins/create"),
  ]

  private static func refuse(_ method: Method, _ pattern: String) -> Endpoint {
    let shown = pattern.replacing("...", with: "")
    return { _ in throw RefusedError(.notImplemented, "\(method) \(shown) is not implemented by this engine") }
  }
}
