import ImageStore
import OCI

/// How much everything takes (`docker system df`).
public struct EngineDiskUsage: Sendable {
  /// One image with what it takes.
  public struct ImageUsage: Sendable {
    public var image: Image
    /// Bytes in layers that another image has too.
    public var sharedSize: Int64
    /// How many containers were made from it.
    public var containers: Int
  }
  /// Bytes of all unpacked layers, each counted once.
  public var layersSize: Int64 = 0
  public var images: [ImageUsage] = []
  /// Each container with the bytes it wrote, and those of its root file system in all.
  public var containers: [(record: ContainerRecord, writable: Int64, root: Int64)] = []
  /// Each volume with its bytes (-1 where they cannot be told) and how many containers mount it.
  public var volumes: [(volume: Volume, size: Int64, references: Int)] = []
  public init() {}
}

extension ContainerEngine {
  /// Adds up what images, containers and volumes take; `include…` leaves out what is not asked for, because looking at
  /// every file takes time.
  public func diskUsage(
    includeImages: Bool = true, includeContainers: Bool = true, includeVolumes: Bool = true
  ) async throws(EngineError) -> EngineDiskUsage {
    var usage = EngineDiskUsage()
    do {
      if includeImages {
        let disk = images.diskUsage
        usage.layersSize = disk.layersSize
        usage.images = try await images.list().map { image in
          .init(
            image: image, sharedSize: disk.sharedSize[image.id] ?? 0,
            containers: containersUsing(imageID: image.id.description).count)
        }
      }
      if includeContainers {
        for record in containers() {
          let size: (writable: Int64, root: Int64)
          // One that goes away meanwhile is simply not in the list.
          do { size = try await containerSize(record.id) } catch {
            if error.code == .notFound { continue }
            throw error
          }
          usage.containers.append((record, size.writable, size.root))
        }
      }
      if includeVolumes {
        for volume in volumes.volumes() {
          usage.volumes.append(
            (volume, await volumes.size(of: volume), containersUsing(volume: volume.name).count))
        }
      }
    } catch { throw EngineError.shaped(error) }
    return usage
  }

  /// Removes volumes that no container mounts and that `wanted` picks; returns their names and the bytes that became
  /// free.
  public func pruneVolumes(
    matching wanted: @Sendable (Volume) -> Bool
  ) async throws(EngineError) -> (names: [String], reclaimed: Int64) {
    var names: [String] = []
    var reclaimed: Int64 = 0
    for volume in volumes.volumes() where wanted(volume) && containersUsing(volume: volume.name).isEmpty {
      let size = await volumes.size(of: volume)
      do {
        try await volumes.remove(volume.name, force: false, users: containersUsing(volume: volume.name))
      } catch {
        // Taken or removed by somebody else in this moment.
        if error.code == .conflict || error.code == .notFound { continue }
        throw error
      }
      events.publish(Event(.volume, "destroy", actor: volume.name, attributes: ["driver": volume.driver]))
      names.append(volume.name)
      reclaimed += max(0, size)
    }
    return (names, reclaimed)
  }
}
