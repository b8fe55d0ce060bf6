import Linux

/// A path of a container's root file system that differs from its image.
public struct FileChange: Sendable, Equatable {
  /// Raw values are those of Docker's API.
  public enum Kind: Int, Sendable {
    case modified = 0
    case added = 1
    case deleted = 2
  }
  public var kind: Kind
  /// Absolute, as the container sees it.
  public var path: String
  public init(kind: Kind, path: String) {
    self.kind = kind
    self.path = path
  }
}

/// Compares an overlay's writable layer with the layers below. Blocks.
struct SnapshotDifference {
  let upper: String
  /// Topmost first.
  let lower: [String]

  func changes() throws -> [FileChange] {
    let layers = try lower.map { try FileDescriptor.open($0, [.readOnly, .directory]) }
    var changes: [FileChange] = []
    let top = try FileDescriptor.open(upper, [.readOnly, .directory])
    try TreeReader(directory: top).walk(includingTop: false) { item in
      let path = item.entry.displayPath
      let kind: FileChange.Kind
      if Self.isWhiteout(item.entry) {
        kind = .deleted
      } else {
        kind = try Self.exists(path, in: layers) ? .modified : .added
      }
      changes.append(FileChange(kind: kind, path: "/" + path))
      return true
    }
    return changes.sorted { $0.path < $1.path }
  }

  static func isWhiteout(_ entry: ArchiveEntry) -> Bool {
    entry.kind == .characterDevice && entry.deviceMajor == 0 && entry.deviceMinor == 0
  }

  static func isOpaque(_ item: TreeReader.Item) -> Bool {
    item.entry.kind == .directory && item.attribute("trusted.overlay.opaque") == [UInt8(ascii: "y")]
  }

  /// Whether a path is visible through the lower layers.
  private static func exists(_ path: String, in layers: [FileDescriptor]) throws -> Bool {
    for layer in layers {
      do {
        let handle = try FileDescriptor.open(
          path, under: layer, [.pathOnly, .noFollow], resolve: [.inRoot, .noMagicLinks])
        let status = try FileStatus(of: handle)
        return !(status.kind == .characterDevice && status.special == 0)
      } catch {
        switch error.code {
        case .noEntry: continue
        // A file or a whiteout stands where the path needs a directory: nothing below it shows.
        case .notDirectory: return false
        default: throw error
        }
      }
    }
    return false
  }
}
