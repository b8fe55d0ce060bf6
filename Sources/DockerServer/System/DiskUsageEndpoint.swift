import ContainerEngine
import DockerAPI
import HTTPService

/// `GET /system/df`: who uses how much of the disk.
enum DiskUsageEndpoint {
  static let diskUsage: Endpoint = { call in
    var kinds: Set<String> = ["container", "image", "volume", "build-cache"]
    if call.version >= APIVersion(1, 42), call.query.contains("type") {
      let wanted = call.query.all("type")
      for kind in wanted where !kinds.contains(kind) { throw QueryError("unknown object type: \(kind)") }
      kinds = Set(wanted)
    }
    var usage = DiskUsage()
    if kinds.contains("image") {
      (usage.images, usage.layersSize) = try await images(call.engine, call.version)
    }
    if kinds.contains("container") { usage.containers = try await containers(call.engine) }
    if kinds.contains("volume") { usage.volumes = await volumes(call.engine) }
    if kinds.contains("build-cache") { usage.buildCache = [] }
    return .json(usage)
  }

  private static func images(
    _ engine: ContainerEngine, _ version: APIVersion
  ) async throws -> ([ImageSummary], Int64) {
    let containers = engine.containers()
    var summaries: [ImageSummary] = []
    for image in try await engine.images.list() {
      var summary = ImageListing.summarize(image, version)
      summary.containers = Int64(containers.count { $0.imageID == summary.id })
      summaries.append(summary)
    }
    return (summaries, summaries.reduce(0) { $0 + $1.size })
  }

  private static func containers(_ engine: ContainerEngine) async throws -> [ContainerSummary] {
    let now = Timestamps.now
    var summaries: [ContainerSummary] = []
    for record in engine.containers() {
      var summary = ListEndpoint.summarize(record, engine, now)
      do {
        let size = try await engine.containerSize(record.id)
        summary.sizeRw = size.writable
        summary.sizeRootFs = size.root
      } catch let error where error.code == .notFound {
        // Removed since the list was made.
        continue
      }
      summaries.append(summary)
    }
    return summaries
  }

  private static func volumes(_ engine: ContainerEngine) async -> [VolumeInspect] {
    var list: [VolumeInspect] = []
    for volume in engine.volumes.volumes() {
      var answer = VolumeEndpoints.describe(volume)
      var usage = VolumeUsage()
      usage.size = await engine.volumes.size(of: volume)
      usage.refCount = Int64(engine.containersUsing(volume: volume.name).count)
      answer.usageData = usage
      list.append(answer)
    }
    return list
  }
}
