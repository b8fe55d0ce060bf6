import Linux
import OCI

/// Reads the store's files at start. Starting is recovering: there is no other path.
struct StoreRecovery {
  let paths: StorePaths
  /// Told what is taken out.
  let report: @Sendable (String) -> Void

  /// What no start has finished: directories that nothing names.
  func load() throws -> StoreState {
    for directory in paths.all {
      try FileSystem.makeDirectories(directory, mode: directory == paths.root ? 0o710 : 0o700)
    }
    try FileSystem.changeMode(paths.root, 0o710)
    // A mount that a crash left under staging must go before its directory can.
    for name in try FileSystem.list(paths.staging) {
      let path = paths.staging + "/" + name
      try Mounts.unmount(path + "/m", lazily: true)
      try FileSystem.removeTree(path)
    }
    for name in try FileSystem.list(paths.root) where name.hasSuffix(".tmp") {
      try FileSystem.removeFile(paths.root + "/" + name)
    }
    var state = StoreState()
    try loadLayers(&state)
    try loadBlobs(&state)
    try loadImages(&state)
    try loadReferences(&state)
    try loadSnapshots(&state)
    return state
  }

  private func loadLayers(_ state: inout StoreState) throws {
    for name in try FileSystem.list(paths.layers) {
      let directory = paths.layers + "/" + name
      guard let record = try MetadataFile.readIfWhole(LayerRecord.self, from: directory + "/layer.json"),
        paths.layerName(record.diffID) == name
      else {
        try FileSystem.removeTree(directory)
        continue
      }
      state.layers[record.diffID] = record
    }
  }

  private func loadBlobs(_ state: inout StoreState) throws {
    for name in try FileSystem.list(paths.content) {
      let path = paths.content + "/" + name
      guard let digest = Digest("sha256:" + name) else {
        try FileSystem.removeTree(path)
        continue
      }
      state.blobs[digest] = try FileStatus(path: path).size
    }
  }

  private func loadImages(_ state: inout StoreState) throws {
    for name in try FileSystem.list(paths.images) {
      let path = paths.images + "/" + name
      guard name.hasSuffix(".json"), let record = try MetadataFile.readIfWhole(ImageRecord.self, from: path) else {
        try FileSystem.removeFile(path)
        continue
      }
      // An image with a hole is no image: it would fail when a container starts. It can be pulled again.
      guard state.blobs[record.id] != nil, record.layers.allSatisfy({ state.layers[$0.diffID] != nil }) else {
        try FileSystem.removeFile(path)
        continue
      }
      state.images[record.id] = record
    }
  }

  private func loadReferences(_ state: inout StoreState) throws {
    guard FileSystem.exists(paths.references) else { return }
    let names = try MetadataFile.read([String: Digest].self, from: paths.references)
    for (name, image) in names.sorted(by: { $0.key < $1.key }) {
      guard state.images[image] != nil else {
        report("\(name) is no more: not all of its image \(image) is there; pull or load it again")
        continue
      }
      do throws(ReferenceError) {
        state.references[name] = .init(reference: try Reference(name), image: image)
      } catch { report("the image \(image) has lost its name \(name): \(error)") }
    }
  }

  private func loadSnapshots(_ state: inout StoreState) throws {
    for name in try FileSystem.list(paths.snapshots) {
      let directory = paths.snapshots + "/" + name
      guard let record = try MetadataFile.readIfWhole(SnapshotRecord.self, from: directory + "/snapshot.json"),
        record.id == name
      else {
        // The record is written before anything that a container could have written: nothing is lost here.
        try Mounts.unmount(directory + "/m", lazily: true)
        try FileSystem.removeTree(directory)
        continue
      }
      state.snapshots[name] = record
    }
  }
}
