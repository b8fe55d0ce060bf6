import Linux

/// Unpacks a tar archive into a directory of a container, as `docker cp` does: directories are merged, everything else
/// is replaced. Blocks.
struct TreeExtraction {
  /// Numeric owner of all that is made; nil keeps the archive's.
  var owner: (user: UInt32, group: UInt32)?
  /// Refuses to replace a directory by something else and the other way round.
  var keepKinds = false

  /// - Parameters:
  ///   - destination: the directory below the root, its beginning without slash.
  ///   - source: fills the array from its beginning and returns how many bytes it wrote, 0 at the end.
  func extract(
    into root: FileDescriptor, below destination: [UInt8], source: @escaping (inout [UInt8]) throws -> Int
  ) throws {
    let inflated = try Self.inflated(source)
    let reader = try ArchiveReader(source: inflated)
    let tree = try TreeWriter(root: "/proc/self/fd/\(root.rawValue)")
    // A directory gets its time when nothing is put into it any more.
    var directories: [(entry: ArchiveEntry, path: [UInt8])] = []
    while var entry = try reader.next() {
      if let owner { (entry.user, entry.group) = owner }
      entry.attributes = entry.attributes.filter { $0.name == Array("security.capability".utf8) }
      guard let parts = BytePath.parts(entry.path) else {
        throw EngineError(
          .invalidParameter, "\"\(entry.displayPath)\" is outside of the directory it is extracted into")
      }
      let path = BytePath.append(destination, BytePath.joined(parts))
      if parts.isEmpty {
        if entry.kind == .directory { directories.append((entry, path)) }
        continue
      }
      let place = try tree.place(path, makeParents: true)
      let present = try tree.status(place)
      if let present, try !merges(entry, present, path) { try tree.remove(place) }
      let isThere = present?.kind == .directory && isDirectory(entry)
      try make(entry, at: place, path, isThere: isThere, tree, reader, destination)
      if isDirectory(entry) { directories.append((entry, path)) }
    }
    // What follows the archive's end is read too: a client that still writes must not be cut off.
    var rest = [UInt8](repeating: 0, count: 65536)
    while try source(&rest) > 0 {}
    for (entry, path) in directories.reversed() {
      try tree.setTime(entry, of: try tree.open(path, [.readOnly, .directory]))
    }
  }

  private func isDirectory(_ entry: ArchiveEntry) -> Bool { entry.kind == .directory && entry.hardLink == nil }

  /// Whether what is there may stay; throws where replacing it is refused.
  private func merges(_ entry: ArchiveEntry, _ present: FileStatus, _ path: [UInt8]) throws -> Bool {
    let place = String(decoding: path, as: UTF8.self)
    let wantsDirectory = isDirectory(entry)
    if keepKinds, present.kind == .directory, !wantsDirectory {
      throw EngineError(
        .invalidParameter, "cannot overwrite directory \"/\(place)\" with non-directory \"\(entry.displayPath)\"")
    }
    if keepKinds, present.kind != .directory, wantsDirectory {
      throw EngineError(
        .invalidParameter, "cannot overwrite non-directory \"/\(place)\" with directory \"\(entry.displayPath)\"")
    }
    return present.kind == .directory && wantsDirectory
  }

  private func make(
    _ entry: ArchiveEntry, at place: TreeWriter.Place, _ path: [UInt8], isThere: Bool, _ tree: TreeWriter,
    _ reader: ArchiveReader, _ destination: [UInt8]
  ) throws {
    if let link = entry.hardLink {
      guard let parts = BytePath.parts(link) else {
        throw EngineError(
          .invalidParameter, "invalid hardlink \"\(entry.displayPath)\" -> \"\(String(decoding: link, as: UTF8.self))\""
        )
      }
      let target = try tree.place(BytePath.append(destination, BytePath.joined(parts)), makeParents: false)
      return try tree.makeHardLink(place, to: target)
    }
    switch entry.kind {
    case .directory:
      if !isThere { try tree.makeDirectory(place, mode: 0o755) }
      let handle = try tree.open(path, [.readOnly, .directory, .noFollow])
      try tree.apply(entry, to: handle)
    case .regular:
      let file = try tree.makeFile(place, mode: 0o600)
      try reader.copyData(to: file, size: entry.size)
      try tree.apply(entry, to: file)
    case .symbolicLink:
      try tree.makeSymbolicLink(place, to: entry.linkTarget)
      try tree.apply(entry, to: place)
    case .characterDevice, .blockDevice, .fifo:
      try tree.makeNode(
        place, kind: entry.kind, mode: entry.mode, major: entry.deviceMajor, minor: entry.deviceMinor)
      try tree.apply(entry, to: place)
    case .socket, .unknown: return
    }
  }

  /// Clients may send archives compressed with gzip or zstd; the first bytes tell.
  private static func inflated(
    _ source: @escaping (inout [UInt8]) throws -> Int
  ) throws -> (inout [UInt8]) throws -> Int {
    var head: [UInt8] = []
    while head.count < 4 {
      var piece = [UInt8](repeating: 0, count: 64 * 1024)
      let count = try source(&piece)
      if count == 0 { break }
      head += piece.prefix(count)
    }
    var pending = head[...]
    let replay: (inout [UInt8]) throws -> Int = { buffer in
      if pending.isEmpty { return try source(&buffer) }
      let count = min(pending.count, buffer.count)
      buffer.replaceSubrange(0..<count, with: pending.prefix(count))
      pending = pending.dropFirst(count)
      return count
    }
    let compression = Compression(magic: head)
    if compression == .none { return replay }
    let inflater = try Inflater(compression, source: replay)
    return { try inflater.read(into: &$0) }
  }
}
