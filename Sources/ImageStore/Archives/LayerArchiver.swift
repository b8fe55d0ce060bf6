import Linux

/// Writes an overlay's writable directory as a layer: its whiteouts become `.wh.` files (OCI layer.md, "Whiteouts").
/// Blocks.
struct LayerArchiver {
  private var links: [LinkKey: [UInt8]] = [:]

  private struct LinkKey: Hashable {
    let device: UInt64
    let inode: UInt64
  }

  /// Adds everything below `directory`.
  mutating func add(_ directory: FileDescriptor, to archive: ArchiveWriter) throws {
    var links = links
    try TreeReader(directory: directory).walk(includingTop: false) { item in
      var entry = item.entry
      // Sockets live only with the process that made them; tar has no word for them.
      if entry.kind == .socket || entry.kind == .unknown { return false }
      if SnapshotDifference.isWhiteout(entry) {
        let (parent, name) = LayerPath.split(entry.path)
        let marker = LayerPath.join(parent, Whiteout.marker(for: name))
        try archive.writeHeader(ArchiveEntry(path: marker, kind: .regular, mode: 0, modified: entry.modified))
        return false
      }
      let isOpaque = SnapshotDifference.isOpaque(item)
      entry.attributes.removeAll { !Self.isPortable($0.name) }
      if entry.kind == .regular && item.status.links > 1 {
        let key = LinkKey(device: item.status.device, inode: item.status.inode)
        if let first = links[key] {
          entry.hardLink = first
          entry.size = 0
        } else {
          links[key] = entry.path
        }
      }
      if entry.kind == .directory { entry.path.append(UInt8(ascii: "/")) }
      try archive.writeHeader(entry)
      if entry.kind == .regular && entry.hardLink == nil && entry.size > 0 {
        try Self.copyData(item, to: archive)
      }
      if isOpaque {
        let marker = LayerPath.join(item.entry.path, Whiteout.opaqueMarker)
        try archive.writeHeader(ArchiveEntry(path: marker, kind: .regular, mode: 0, modified: entry.modified))
      }
      return true
    }
    self.links = links
  }

  private static func copyData(_ item: TreeReader.Item, to archive: ArchiveWriter) throws {
    let file = try item.open()
    try archive.copyData(from: file, size: item.entry.size)
  }

  /// Attributes that mean something elsewhere: capabilities and users' own.
  private static func isPortable(_ name: [UInt8]) -> Bool {
    name == Array("security.capability".utf8)
      || (name.starts(with: Array("user.".utf8)) && !name.starts(with: Array("user.overlay.".utf8)))
  }
}
