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
    let usage = try await call.engine.diskUsage(
      includeImages: kinds.contains("image"), includeContainers: kinds.contains("container"),
      includeVolumes: kinds.contains("volume"))
    var answer = DiskUsage()
    if kinds.contains("image") {
      answer.layersSize = usage.layersSize
      answer.images = usage.images.map { image($0, call.version) }
    }
    if kinds.contains("container") { answer.containers = containers(usage, call.engine) }
    if kinds.contains("volume") { answer.volumes = volumes(usage) }
    // Nothing is kept of builds.
    if kinds.contains("build-cache") { answer.buildCache = [] }
    return .json(answer)
  }

  private static func image(_ usage: EngineDiskUsage.ImageUsage, _ version: APIVersion) -> ImageSummary {
    var summary = ImageListing.summarize(usage.image, version)
    summary.sharedSize = usage.sharedSize
    summary.containers = Int64(usage.containers)
    return summary
  }

  private static func containers(_ usage: EngineDiskUsage, _ engine: ContainerEngine) -> [ContainerSummary] {
    let now = Timestamps.now
    return usage.containers.map { entry in
      var summary = ListEndpoint.summarize(entry.record, engine, now)
      summary.sizeRw = entry.writable
      summary.sizeRootFs = entry.root
      return summary
    }
  }

  private static func volumes(_ usage: EngineDiskUsage) -> [VolumeInspect] {
    usage.volumes.map { entry in
      var answer = VolumeEndpoints.describe(entry.volume)
      var size = VolumeUsage()
      size.size = entry.size
      size.refCount = Int64(entry.references)
      answer.usageData = size
      return answer
    }
  }
}
