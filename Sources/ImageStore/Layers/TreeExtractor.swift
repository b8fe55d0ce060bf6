import Linux

/// Unpacks a tar into a directory tree: as an overlayfs layer, with whiteouts, or plainly. For one thread.
///
/// The rules are Docker's and the image specification's: a later member replaces an earlier one, except that two
/// directories merge; nothing is made outside of the root, whatever names and links the archive holds.
final class TreeExtractor {
  enum Style {
    /// A layer: whiteouts become what overlayfs takes for them.
    case layer
    /// Files as they are.
    case plain
  }

  /// Bytes from which a file goes to the disk at once, and not with all others at the end; small ones are faster together.
  private static let writebackSize: Int64 = 256 * 1024

  private let tree: TreeWriter
  private let style: Style
  private var directoryTimes: [ArchiveEntry] = []
  /// Names that a whiteout of this layer covers: a directory that appears there must hide the one below.
  private var whiteouts: Set<[UInt8]> = []
  /// Bytes of regular files so far.
  private(set) var size: Int64 = 0

  init(root: String, style: Style) throws {
    tree = try TreeWriter(root: root)
    self.style = style
  }

  /// Unpacks all members.
  /// - Throws: `ImageStoreError` for members that are refused, `ArchiveError`, `SystemError`.
  func extract(_ archive: ArchiveReader) throws {
    while let entry = try archive.next() { try extract(entry, archive) }
    try finish()
  }

  /// Sets the times of directories, which every file made in them changed.
  private func finish() throws {
    for entry in directoryTimes.reversed() {
      // A later member may have replaced the directory.
      guard let handle = try? tree.open(entry.path, [.readOnly, .directory, .noFollow]) else { continue }
      try tree.setTime(entry, of: handle)
    }
  }

  private func extract(_ raw: ArchiveEntry, _ archive: ArchiveReader) throws {
    var entry = raw
    guard let path = LayerPath.normalize(raw.path) else { throw Self.refused(raw, "its name leads out of the root") }
    entry.path = path
    entry.attributes.removeAll { Self.isOwnAttribute($0.name) }
    if path.isEmpty {
      guard entry.kind == .directory else { throw Self.refused(raw, "the root must be a directory") }
      try tree.apply(entry, to: tree.root)
      directoryTimes.append(entry)
      return
    }
    let (directory, name) = LayerPath.split(path)
    if style == .layer, let whiteout = Whiteout(name) {
      try apply(whiteout, in: directory)
      return
    }
    let place = try parentPlace(path, raw)
    switch entry.kind {
    case _ where entry.hardLink != nil: try makeHardLink(entry, raw, place)
    case .regular:
      let file = try replacing(place) { () throws(SystemError) in try tree.makeFile(place, mode: 0o600) }
      try archive.copyData(to: file, size: entry.size)
      if entry.size >= Self.writebackSize { file.startWriteback() }
      // Files with holes can be larger, together, than can be counted.
      let (sum, overflow) = size.addingReportingOverflow(entry.size)
      size = overflow ? .max : sum
      try tree.apply(entry, to: file)
    case .directory: try makeDirectory(entry, place)
    case .symbolicLink:
      try replacing(place) { () throws(SystemError) in try tree.makeSymbolicLink(place, to: entry.linkTarget) }
      try tree.apply(entry, to: place)
    case .characterDevice, .blockDevice, .fifo, .socket:
      try replacing(place) { () throws(SystemError) in
        try tree.makeNode(
          place, kind: entry.kind, mode: entry.mode, major: entry.deviceMajor, minor: entry.deviceMinor)
      }
      try tree.apply(entry, to: place)
    case .unknown: throw Self.refused(raw, "its type is unknown")
    }
  }

  /// The member's directory, made where the archive does not mention it.
  private func parentPlace(_ path: [UInt8], _ raw: ArchiveEntry) throws -> TreeWriter.Place {
    do { return try tree.place(path, makeParents: true) } catch let error as SystemError
      where error.code == .notDirectory || error.code == .loop || error.code == .exists
    {
      throw Self.refused(raw, "something above it is no directory", cause: error)
    }
  }

  /// Runs `make`; where something is in the way, removes it and runs `make` again.
  @discardableResult
  private func replacing<Result>(_ place: TreeWriter.Place, _ make: () throws(SystemError) -> Result) throws -> Result {
    do { return try make() } catch {
      guard error.code == .exists else { throw error }
      try tree.remove(place)
      return try make()
    }
  }

  private func makeDirectory(_ entry: ArchiveEntry, _ place: TreeWriter.Place) throws {
    do { try tree.makeDirectory(place, mode: 0o700) } catch {
      guard error.code == .exists else { throw error }
      if try tree.status(place)?.kind != .directory {
        try tree.remove(place)
        try tree.makeDirectory(place, mode: 0o700)
      }
    }
    let handle = try tree.open(entry.path, [.readOnly, .directory, .noFollow])
    try tree.apply(entry, to: handle)
    if whiteouts.contains(entry.path) { try tree.makeOpaque(entry.path) }
    directoryTimes.append(entry)
  }

  private func makeHardLink(_ entry: ArchiveEntry, _ raw: ArchiveEntry, _ place: TreeWriter.Place) throws {
    guard let link = entry.hardLink, let target = LayerPath.normalize(link), !target.isEmpty else {
      throw Self.refused(raw, "its hard link leads out of the root")
    }
    if target == entry.path { return }
    do {
      let existing = try tree.place(target, makeParents: false)
      try replacing(place) { () throws(SystemError) in try tree.makeHardLink(place, to: existing) }
    } catch let error as SystemError where error.code == .noEntry || error.code == .notDirectory {
      throw Self.refused(
        raw, "its hard link names \(String(decoding: target, as: UTF8.self)), which is not there", cause: error)
    }
  }

  private func apply(_ whiteout: Whiteout, in directory: [UInt8]) throws {
    switch whiteout {
    case .other: break
    case .opaque: try tree.makeOpaque(directory)
    case .name(let name):
      let path = LayerPath.join(directory, name)
      let place = try tree.place(path, makeParents: true)
      whiteouts.insert(path)
      switch try tree.status(place)?.kind {
      case nil: try tree.makeWhiteout(place)
      case .directory: try tree.makeOpaque(path)
      default: break
      }
    }
  }

  /// Attributes by which overlayfs steers itself must never come from an archive.
  private static func isOwnAttribute(_ name: [UInt8]) -> Bool {
    name.starts(with: Array("trusted.overlay.".utf8)) || name.starts(with: Array("user.overlay.".utf8))
  }

  private static func refused(_ entry: ArchiveEntry, _ why: String, cause: (any Error)? = nil) -> ImageStoreError {
    ImageStoreError(.corrupt, "invalid archive: member \"\(entry.displayPath)\" is refused: \(why)", cause: cause)
  }
}
