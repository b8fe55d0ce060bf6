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
    var lost = try loadImages(&state)
    try loadReferences(&state, &lost)
    for name in lost.sorted() {
      report("the image \(name), which has no name, is no more: not all of it is there; pull, load or build it again")
    }
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

  /// Answers the images that had to be taken out, by the digest that their files are named for.
  private func loadImages(_ state: inout StoreState) throws -> Set<String> {
    var lost: Set<String> = []
    for name in try FileSystem.list(paths.images) {
      let path = paths.images + "/" + name
      // An image with a hole is no image: it would fail when a container starts. It can be pulled again.
      guard name.hasSuffix(".json"), let record = try MetadataFile.readIfWhole(ImageRecord.self, from: path),
        state.blobs[record.id] != nil, record.layers.allSatisfy({ state.layers[$0.diffID] != nil })
      else {
        try FileSystem.removeFile(path)
        if let image = Digest("sha256:" + name.dropLast(".json".count)) { lost.insert("\(image)") }
        continue
      }
      state.images[record.id] = record
    }
    return lost
  }

  private func loadReferences(_ state: inout StoreState, _ lost: inout Set<String>) throws {
    guard FileSystem.exists(paths.references) else { return }
    let names = try MetadataFile.read([String: Digest].self, from: paths.references)
    for (name, image) in names.sorted(by: { $0.key < $1.key }) {
      guard state.images[image] != nil else {
        lost.remove("\(image)")
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
