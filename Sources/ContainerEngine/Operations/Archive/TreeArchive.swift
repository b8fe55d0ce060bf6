import Linux

/// Writes a part of a directory tree as a tar archive, links as links and never followed, the second name of a file as
/// a hard link. Blocks.
struct TreeArchive {
  private struct Inode: Hashable {
    var device: UInt64
    var number: UInt64
  }
  private let writer: ArchiveWriter
  private var firstNames: [Inode: [UInt8]] = [:]
  private var depth = 0
  /// A path of more directories than this has no name that fits a system call; a container can still make one, and
  /// must not exhaust this thread's stack by it.
  private static let deepest = 2048

  /// - Parameter sink: takes the archive's bytes in order.
  init(sink: @escaping ([UInt8]) throws -> Void) throws { writer = try ArchiveWriter(sink: sink) }

  /// Writes what is held under `name`, with everything below it.
  mutating func add(_ held: RootedTree.Held, name: [UInt8]) throws {
    try addMember(held, name: name)
    if held.status.kind == .directory { try addContents(of: held, below: name) }
  }

  /// Writes everything below a directory, but not the directory.
  mutating func addContents(of directory: RootedTree.Held, below prefix: [UInt8]?) throws {
    guard depth < Self.deepest else {
      throw EngineError(.invalidParameter, "directories are nested more than \(Self.deepest) deep")
    }
    depth += 1
    defer { depth -= 1 }
    let handle = try directory.open()
    for name in try RootedTree.names(in: handle) {
      let held: RootedTree.Held
      // What vanished since the listing is not there: nothing to write, nothing to complain about.
      do { held = try RootedTree.hold(name, in: handle) } catch {
        if error.code == .noEntry { continue }
        throw error
      }
      try add(held, name: prefix.map { $0 + [UInt8(ascii: "/")] + name } ?? name)
    }
  }

  mutating func finish() throws { try writer.finish() }

  private mutating func addMember(_ held: RootedTree.Held, name: [UInt8]) throws {
    let status = held.status
    // Archives cannot hold sockets.
    if status.kind == .socket || status.kind == .unknown { return }
    var entry = ArchiveEntry(
      path: status.kind == .directory ? name + [UInt8(ascii: "/")] : name, kind: status.kind, mode: status.mode,
      user: status.user, group: status.group, modified: (status.modified.seconds, 0))
    if status.kind != .directory, status.links > 1 {
      let inode = Inode(device: status.device, number: status.inode)
      if let first = firstNames[inode] {
        entry.kind = .regular
        entry.hardLink = first
        try writer.writeHeader(entry)
        return
      }
      firstNames[inode] = name
    }
    switch status.kind {
    case .symbolicLink: entry.linkTarget = try held.linkTarget()
    case .characterDevice, .blockDevice: (entry.deviceMajor, entry.deviceMinor) = held.device
    default: break
    }
    if status.kind == .regular, let value = held.attribute("security.capability") {
      entry.attributes = [(Array("security.capability".utf8), value)]
    }
    guard status.kind == .regular else { return try writer.writeHeader(entry) }
    let file: FileDescriptor
    do { file = try held.open() } catch {
      throw SystemError(error.code, "open", entry.displayPath)
    }
    entry.size = status.size
    try writer.writeHeader(entry)
    try writer.copyData(from: file, size: status.size)
  }
}
