/// One line of what a transfer tells its watcher, in Docker's words.
public struct ProgressEvent: Sendable, Equatable {
  /// The layer's short digest, the tag, or empty for a line of its own.
  public var id: String
  /// `Downloading`, `Pull complete`, `Status: Image is up to date for nginx:latest` …
  public var status: String
  /// Bytes done, nil where the line has no bar.
  public var current: Int64?
  /// Bytes in all, nil where unknown.
  public var total: Int64?
  /// What a push tells its client for scripts to read: tag, digest and size of the manifest.
  public var pushed: PushedManifest?

  public struct PushedManifest: Sendable, Equatable {
    public var tag: String
    public var digest: String
    public var size: Int64
  }

  public init(
    id: String = "", status: String, current: Int64? = nil, total: Int64? = nil, pushed: PushedManifest? = nil
  ) {
    self.id = id
    self.status = status
    self.current = current
    self.total = total
    self.pushed = pushed
  }
}

/// Takes events; called from many tasks and threads, in order for each layer.
public typealias ProgressHandler = @Sendable (ProgressEvent) -> Void
