import Linux
import OCI
import Synchronization

/// What `docker commit` says about the new image.
public struct CommitOptions: Sendable {
  /// How the image's process runs: the container's config.
  public var process: ProcessConfiguration
  /// Lines of a Dockerfile applied to it.
  public var changes: [String] = []
  public var author = ""
  public var comment = ""
  /// The container, for the config's `container` field.
  public var container = ""
  /// The container's command line, for the history.
  public var createdBy = ""
  /// Nil for a nameless image.
  public var name: Reference?
  public init(process: ProcessConfiguration) { self.process = process }
}

extension ImageStore {
  /// Makes an image of a container's image and what the container changed.
  /// - Parameter snapshot: the container's; its processes should be paused.
  public func commit(snapshot id: String, _ options: CommitOptions) async throws -> Digest {
    let record = try snapshotRecord(id)
    var base: ImageConfiguration?
    if let image = record.image {
      // A base that was removed by force leaves its layers, not its history.
      do { base = try await configuration(of: image) } catch let error as ImageStoreError where error.code == .notFound
      {}
    }
    var process = options.process
    try ConfigurationChange.apply(options.changes, to: &process)
    let settings = process
    let start = base
    return try await blocking { [self] in
      let diffID = try storeDifference(of: id)
      let now = Timestamp.now()
      var configuration =
        start ?? ImageConfiguration(created: now, config: nil, layers: record.layers, history: [])
      configuration.created = now
      configuration.author = options.author.isEmpty ? configuration.author : options.author
      configuration.config = settings
      configuration.container = options.container.isEmpty ? nil : options.container
      configuration.comment = options.comment.isEmpty ? nil : options.comment
      configuration.rootFileSystem.layers.append(diffID)
      configuration.history =
        (configuration.history ?? []) + [
          .init(
            created: now, createdBy: options.createdBy, author: options.author.isEmpty ? nil : options.author,
            comment: options.comment.isEmpty ? nil : options.comment)
        ]
      return try register(configuration, parent: start == nil ? nil : record.image, name: options.name)
    }
  }

  /// Writes what a container changed as a layer, and unpacks it as one.
  private func storeDifference(of id: String) throws -> Digest {
    let path = paths.temporary()
    let file = try FileDescriptor.open(path, [.readWrite, .create, .exclusive], mode: 0o600)
    do {
      let upper = try FileDescriptor.open(paths.snapshot(id) + "/u", [.readOnly, .directory])
      let archive = try ArchiveWriter { try file.writeAll($0) }
      var archiver = LayerArchiver()
      try archiver.add(upper, to: archive)
      try archive.finish()
      return try adoptLayer(path, file)
    } catch {
      try FileSystem.removeFile(path)
      throw error
    }
  }
}
