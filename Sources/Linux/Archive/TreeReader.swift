/// Walks a directory tree and describes everything in it as members of an archive: parents before what they hold, names
/// in the order of their bytes, links as links and never followed. Blocks.
public struct TreeReader {
  /// The top of the tree.
  public let directory: FileDescriptor
  /// Comes before every name.
  public let prefix: [UInt8]

  public init(directory: FileDescriptor, prefix: [UInt8] = []) {
    self.directory = directory
    self.prefix = prefix
  }

  /// One file of the tree, held in place.
  public struct Item {
    /// How an archive describes it; the path has no slash at either end.
    public let entry: ArchiveEntry
    private let held: RootedTree.Held

    init(_ held: RootedTree.Held, path: [UInt8]) throws(SystemError) {
      self.held = held
      let status = held.status
      var entry = ArchiveEntry(
        path: path, kind: status.kind, mode: status.mode, user: status.user, group: status.group,
        size: status.kind == .regular ? status.size : 0, modified: status.modified)
      if status.kind == .symbolicLink { entry.linkTarget = try held.linkTarget() }
      if status.kind == .characterDevice || status.kind == .blockDevice {
        (entry.deviceMajor, entry.deviceMinor) = held.device
      }
      entry.attributes = try held.attributes()
      self.entry = entry
    }

    public var status: FileStatus { held.status }
    /// The value of an extended attribute, nil where it is not set.
    public func attribute(_ name: String) -> [UInt8]? { held.attribute(name) }
    /// Opens a regular file or a directory for reading.
    public func open() throws(SystemError) -> FileDescriptor { try held.open() }
  }

  /// A path of more directories than this has no name that fits a system call (PATH_MAX).
  private static let deepest = 2048

  /// Visits everything below the top, and the top itself first where `includingTop`. `visit` tells whether to go down
  /// into a directory. What vanishes during the walk is left out.
  public func walk(includingTop: Bool, _ visit: (Item) throws -> Bool) throws {
    let top = try RootedTree(root: directory).hold([], followLast: false)
    if includingTop, try !visit(Item(top, path: prefix)) { return }
    // Not recursive: whoever made the tree must not decide how much stack it takes.
    var open: [Level] = [try Level(directory, prefix)]
    while let index = open.indices.last {
      guard let name = open[index].names.popLast() else {
        open.removeLast()
        continue
      }
      let held: RootedTree.Held
      do { held = try RootedTree.hold(name, in: open[index].directory) } catch {
        if error.code == .noEntry { continue }
        throw error
      }
      let parent = open[index].path
      let path = parent.isEmpty ? name : parent + [UInt8(ascii: "/")] + name
      guard try visit(Item(held, path: path)), held.status.kind == .directory else { continue }
      guard open.count < Self.deepest else {
        throw ArchiveError("directories are nested more than \(Self.deepest) deep")
      }
      open.append(try Level(try held.open(), path))
    }
  }

  /// A directory on the way, with the names that are left in it, the next one last.
  private struct Level {
    let directory: FileDescriptor
    let path: [UInt8]
    var names: [[UInt8]]
    init(_ directory: FileDescriptor, _ path: [UInt8]) throws(SystemError) {
      self.directory = directory
      self.path = path
      names = try RootedTree.names(in: directory).reversed()
    }
  }
}
