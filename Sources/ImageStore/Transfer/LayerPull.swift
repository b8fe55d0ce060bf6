import AsyncWork
import Linux
import OCI
import Synchronization

/// Downloads one layer and unpacks it while it comes.
struct LayerPull: Sendable {
  let store: ImageStore
  let session: RegistrySession
  let repository: String
  let blob: Descriptor
  let diffID: Digest
  let bar: LayerProgress

  func run() async throws {
    let store = store
    let blob = blob
    let diffID = diffID
    if store.hasBlob(blob.digest) {
      bar.say("Download complete")
      try await store.blocking { try store.unpackStoredBlob(blob, expecting: diffID) }
      return
    }
    let growth = try GrowingLength()
    let (file, staged, start) = try await store.blocking {
      let file = try FileDescriptor.open(store.paths.partial(blob.digest), [.readWrite, .create], mode: 0o600)
      var start = try FileStatus(of: file).size
      if start > blob.size {
        try file.truncate(to: 0)
        start = 0
      }
      return (file, try store.stageLayer(), start)
    }
    growth.advance(to: start)
    if start == blob.size { growth.end() }
    do {
      try await transfer(file, growth, staged, start)
    } catch {
      try await store.pool.run {
        try FileSystem.removeTree(staged.directory)
        // Wrong bytes must not be resumed; bytes that are merely too few may be right.
        if error is ArchiveError || (error as? ImageStoreError)?.code == .corrupt {
          try FileSystem.removeFile(store.paths.partial(blob.digest))
        }
      }
      throw error
    }
  }

  private func transfer(
    _ file: FileDescriptor, _ growth: GrowingLength, _ staged: (directory: String, tree: String), _ start: Int64
  ) async throws {
    let flag = SharedFlag()
    let limit = store.configuration.maximumLayerSize
    let bar = bar
    let blob = blob
    try await withThrowingTaskGroup(of: UnpackedLayer?.self) { group in
      group.addTask {
        try await DedicatedThread.run("unpack") {
          let unpacker = LayerUnpacker(file: file, growth: growth, limit: limit) { offset in
            if flag.value { bar.step("Extracting", offset) }
          }
          return try unpacker.unpack(into: staged.tree, expecting: blob.digest)
        }
      }
      group.addTask {
        do {
          try await BlobDownload(
            session: session, repository: repository, descriptor: blob, file: file, growth: growth, pool: store.pool,
            progress: { bar.step("Downloading", $0) },
            retrying: { bar.say("Retrying in \($0) second\($0 == 1 ? "" : "s")") }
          ).run(from: start)
        } catch {
          growth.fail(error)
          throw error
        }
        bar.say("Verifying Checksum")
        bar.say("Download complete")
        flag.set()
        return nil
      }
      var layer: UnpackedLayer?
      do {
        while let result = try await group.next() { layer = result ?? layer }
      } catch {
        // The thread that unpacks must not wait for bytes that nobody sends any more.
        growth.fail(error)
        throw error
      }
      guard let layer else { throw CancellationError() }
      try await publish(layer, staged.directory)
    }
  }

  private func publish(_ layer: UnpackedLayer, _ directory: String) async throws {
    let store = store
    let blob = blob
    let diffID = diffID
    try await store.blocking {
      try store.check(layer, blob: blob, diffID: diffID)
      try store.adoptBlob(store.paths.partial(blob.digest), blob.digest, size: layer.blobSize)
      try store.publishLayer(
        staged: directory, LayerRecord(diffID: diffID, size: layer.size, blob: blob))
    }
  }
}

/// A flag that one task raises and others look at.
final class SharedFlag: Sendable {
  private let raised = Atomic(false)
  var value: Bool { raised.load(ordering: .acquiring) }
  func set() { raised.store(true, ordering: .releasing) }
}
