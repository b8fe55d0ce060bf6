import CLinux
import Glibc

/// Reads a tar archive (ustar, pax, GNU) as a stream with libarchive. For one thread at a time.
public final class ArchiveReader {
  private let archive: OpaquePointer
  private let input: Input

  /// What the callback of libarchive works on.
  private final class Input {
    let source: (inout [UInt8]) throws -> Int
    /// libarchive reads from this array's storage until its next call of the callback; nothing touches it in between.
    var buffer: [UInt8]
    var failure: (any Error)?
    init(_ source: @escaping (inout [UInt8]) throws -> Int, size: Int) {
      self.source = source
      buffer = [UInt8](repeating: 0, count: size)
    }
  }

  /// - Parameter source: fills the array from its beginning and returns how many bytes it wrote, 0 at the end.
  public init(pieceSize: Int = 256 * 1024, source: @escaping (inout [UInt8]) throws -> Int) throws {
    input = Input(source, size: pieceSize)
    let context = Unmanaged.passUnretained(input).toOpaque()
    guard
      let archive = apus_archive_read_tar(
        context,
        { archive, context, result in
          let input = Unmanaged<Input>.fromOpaque(context!).takeUnretainedValue()
          do {
            let count = try input.source(&input.buffer)
            result!.pointee = input.buffer.withUnsafeBytes { $0.baseAddress }
            return count
          } catch {
            input.failure = error
            return -1
          }
        })
    else { throw ArchiveError("cannot set up the archive reader") }
    self.archive = archive
  }

  deinit { archive_read_free(archive) }

  /// The next member, nil at the end of the archive.
  public func next() throws -> ArchiveEntry? {
    var raw: OpaquePointer?
    let result = apus_archive_next(archive, &raw)
    if let failure = input.failure { throw failure }
    if result == ARCHIVE_EOF { return nil }
    // A warning still carries an entry: a name that is not UTF-8, or a field that does not fit.
    guard result == ARCHIVE_OK || result == ARCHIVE_WARN, let raw else { throw error() }
    return try Self.entry(raw)
  }

  private func error() -> ArchiveError {
    let text = archive_error_string(archive).map { String(cString: $0) } ?? ""
    return ArchiveError("invalid tar: " + (text.isEmpty ? "malformed archive" : text))
  }

  private static func bytes(_ text: UnsafePointer<CChar>?) -> [UInt8] {
    guard let text else { return [] }
    return UnsafeBufferPointer(start: text, count: strlen(text)).map { UInt8(bitPattern: $0) }
  }

  private static func entry(_ raw: OpaquePointer) throws -> ArchiveEntry {
    let path = bytes(archive_entry_pathname(raw))
    guard !path.isEmpty else { throw ArchiveError("invalid tar: a member has no name") }
    let hardLink = archive_entry_hardlink(raw)
    let kind: FileStatus.Kind =
      switch mode_t(archive_entry_filetype(raw)) {
      case S_IFREG: .regular
      case S_IFDIR: .directory
      case S_IFLNK: .symbolicLink
      case S_IFCHR: .characterDevice
      case S_IFBLK: .blockDevice
      case S_IFIFO: .fifo
      case S_IFSOCK: .socket
      default: hardLink == nil ? .unknown : .regular
      }
    var attributes: [(name: [UInt8], value: [UInt8])] = []
    if archive_entry_xattr_count(raw) > 0 {
      archive_entry_xattr_reset(raw)
      var name: UnsafePointer<CChar>?
      var value: UnsafeRawPointer?
      var size = 0
      while archive_entry_xattr_next(raw, &name, &value, &size) == ARCHIVE_OK {
        attributes.append((bytes(name), Array(UnsafeRawBufferPointer(start: value, count: size))))
      }
    }
    return ArchiveEntry(
      path: path, kind: kind, mode: UInt32(archive_entry_perm(raw)),
      user: UInt32(truncatingIfNeeded: archive_entry_uid(raw)),
      group: UInt32(truncatingIfNeeded: archive_entry_gid(raw)), size: archive_entry_size(raw),
      modified: (Int64(archive_entry_mtime(raw)), Int64(archive_entry_mtime_nsec(raw))),
      linkTarget: bytes(archive_entry_symlink(raw)), hardLink: hardLink.map { bytes($0) },
      deviceMajor: UInt32(truncatingIfNeeded: archive_entry_rdevmajor(raw)),
      deviceMinor: UInt32(truncatingIfNeeded: archive_entry_rdevminor(raw)), attributes: attributes)
  }

  /// Writes the current member's data to an empty file, holes kept.
  public func copyData(to file: FileDescriptor, size: Int64) throws {
    let descriptor = file.rawValue
    var written: Int64 = 0
    while true {
      var block: UnsafeRawPointer?
      var count = 0
      var offset: Int64 = 0
      let result = archive_read_data_block(archive, &block, &count, &offset)
      if let failure = input.failure { throw failure }
      if result == ARCHIVE_EOF { break }
      guard result == ARCHIVE_OK || result == ARCHIVE_WARN else { throw error() }
      var done = 0
      while done < count {
        done += try check("write") { pwrite(descriptor, block! + done, count - done, off_t(offset) + off_t(done)) }
      }
      written = offset + Int64(count)
    }
    if written < size { try file.truncate(to: size) }
  }

  /// The current member's data in memory.
  public func readData(limit: Int) throws -> [UInt8] {
    var out: [UInt8] = []
    while true {
      var block: UnsafeRawPointer?
      var count = 0
      var offset: Int64 = 0
      let result = archive_read_data_block(archive, &block, &count, &offset)
      if let failure = input.failure { throw failure }
      if result == ARCHIVE_EOF { return out }
      guard result == ARCHIVE_OK || result == ARCHIVE_WARN else { throw error() }
      guard Int(offset) >= out.count, Int(offset) + count <= limit else {
        throw ArchiveError("a member is larger than \(limit) bytes")
      }
      out += [UInt8](repeating: 0, count: Int(offset) - out.count)
      out += UnsafeRawBufferPointer(start: block, count: count)
    }
  }
}
