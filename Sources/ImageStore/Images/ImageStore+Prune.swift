import Linux
import OCI
import Synchronization

/// What a prune removed.
public struct PruneResult: Sendable, Equatable {
  public var changes: [ImageChange] = []
  /// Bytes that came free.
  public var reclaimed: Int64 = 0
}

/// What the store takes on disk.
public struct ImageDiskUsage: Sendable, Equatable {
  /// Bytes of all layers' files, each layer once.
  public var layersSize: Int64
  /// For each image, bytes of layers that other images have too.
  public var sharedSize: [Digest: Int64]
}

extension ImageStore {
  /// Removes images that no container uses.
  /// - Parameters:
  ///   - danglingOnly: only images without a tag, otherwise all.
  ///   - matching: further conditions (labels, age).
  public func prune(
    danglingOnly: Bool, matching: @Sendable (Image) -> Bool = { _ in true },
    users: @escaping @Sendable (Digest) -> [ImageUse]
  ) async throws -> PruneResult {
    var result = PruneResult()
    for image in try await list() where users(image.id).isEmpty && matching(image) {
      if danglingOnly && !image.isDangling { continue }
      let isParent = state.withLock { !$0.children(of: image.id).isEmpty }
      if isParent { continue }
      let names = image.tags + image.digests
      let layers = try await blocking { [self] in try forget(image.id) }
      result.changes += names.map { .untagged($0.familiar, image: image.id) }
      result.changes += [.deleted(image.id)] + layers.map { .deleted($0) }
    }
    result.reclaimed = try await blocking { [self] in
      // Downloads that were given up hold space too.
      for name in try FileSystem.list(paths.ingest) {
        guard let digest = Digest("sha256:" + name), state.withLock({ $0.pins[digest] == nil }) else { continue }
        try FileSystem.removeFile(paths.ingest + "/" + name)
      }
      return try collectGarbage()
    }
    return result
  }

  /// What images take on disk.
  public var diskUsage: ImageDiskUsage {
    state.withLock { state in
      var owners: [Digest: Int] = [:]
      for image in state.images.values {
        for layer in Set(image.layers.map(\.diffID)) { owners[layer, default: 0] += 1 }
      }
      let shared = state.images.mapValues { image in
        image.layers.filter { owners[$0.diffID, default: 0] > 1 }.reduce(0) {
          $0 + (state.layers[$1.diffID]?.size ?? 0)
        }
      }
      return ImageDiskUsage(layersSize: state.layers.values.reduce(0) { $0 + $1.size }, sharedSize: shared)
    }
  }
}
