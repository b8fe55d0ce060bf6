import CLinux
import Glibc

/// Writes a tar archive (ustar, with pax headers where needed) as a stream with libarchive. For one thread at a time.
public final class ArchiveWriter {
  private let archive: OpaquePointer
  private let output: Output
  private var closed = false

  private final class Output {
    let sink: ([UInt8]) throws -> Void
    var failure: (any Error)?
    init(_ sink: @escaping ([UInt8]) throws -> Void) { self.sink = sink }
  }

  /// - Parameter sink: takes the archive's bytes in order.
  public init(sink: @escaping ([UInt8]) throws -> Void) throws {
    output = Output(sink)
    guard
      let archive = apus_archive_write_tar(
        Unmanaged.passUnretained(output).toOpaque(),
        { archive, context, bytes, count in
          let output = Unmanaged<Output>.fromOpaque(context!).takeUnretainedValue()
          do {
            try output.sink(Array(UnsafeRawBufferPointer(start: bytes, count: count)))
            return count
          } catch {
            output.failure = error
            return -1
          }
        })
    else { throw ArchiveError("cannot set up the archive writer") }
    self.archive = archive
  }

  deinit { archive_write_free(archive) }

  private func check(_ result: Int) throws {
    if let failure = output.failure { throw failure }
    if result < Int(ARCHIVE_WARN) {
      throw ArchiveError(archive_error_string(archive).map { String(cString: $0) } ?? "cannot write the archive")
    }
  }

  /// Writes a member's header; `size` bytes of data must follow by `write`.
  public func writeHeader(_ entry: ArchiveEntry) throws {
    let raw = archive_entry_new()
    defer { archive_entry_free(raw) }
    func text(_ bytes: [UInt8], _ set: (UnsafePointer<CChar>) -> Void) {
      (bytes + [0]).withUnsafeBufferPointer { buffer in
        buffer.baseAddress!.withMemoryRebound(to: CChar.self, capacity: buffer.count) { set($0) }
      }
    }
    text(entry.path) { archive_entry_copy_pathname(raw, $0) }
    let type: mode_t =
      switch entry.kind {
      case .directory: S_IFDIR
      case .symbolicLink: S_IFLNK
      case .characterDevice: S_IFCHR
      case .blockDevice: S_IFBLK
      case .fifo: S_IFIFO
      case .socket: S_IFSOCK
      case .regular, .unknown: S_IFREG
      }
    archive_entry_set_filetype(raw, UInt32(type))
    archive_entry_set_perm(raw, mode_t(entry.mode))
    archive_entry_set_uid(raw, Int64(entry.user))
    archive_entry_set_gid(raw, Int64(entry.group))
    archive_entry_set_mtime(raw, time_t(entry.modified.seconds), Int(entry.modified.nanoseconds))
    archive_entry_set_size(raw, entry.kind == .regular && entry.hardLink == nil ? entry.size : 0)
    if entry.kind == .symbolicLink { text(entry.linkTarget) { archive_entry_copy_symlink(raw, $0) } }
    if let target = entry.hardLink { text(target) { archive_entry_copy_hardlink(raw, $0) } }
    if entry.kind == .characterDevice || entry.kind == .blockDevice {
      archive_entry_set_rdevmajor(raw, dev_t(entry.deviceMajor))
      archive_entry_set_rdevminor(raw, dev_t(entry.deviceMinor))
    }
    for attribute in entry.attributes {
      text(attribute.name) { name in
        attribute.value.withUnsafeBytes { archive_entry_xattr_add_entry(raw, name, $0.baseAddress, $0.count) }
      }
    }
    try check(Int(apus_archive_write_header(archive, raw)))
  }

  /// Writes data of the current member.
  public func write(_ bytes: [UInt8]) throws {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes { archive_write_data(archive, $0.baseAddress! + done, $0.count - done) }
      try check(count)
      guard count > 0 else { throw ArchiveError("a member's data is longer than its header says") }
      done += count
    }
  }

  /// Writes a file's content as data of the current member, at most `size` bytes; what is missing becomes zeros.
  public func copyData(from file: FileDescriptor, size: Int64) throws {
    var left = size
    while left > 0 {
      let piece = try file.read(upTo: Int(min(left, 256 * 1024)))
      if piece.isEmpty { break }
      try write(piece)
      left -= Int64(piece.count)
    }
  }

  /// Ends the archive.
  public func finish() throws {
    guard !closed else { return }
    closed = true
    try check(Int(archive_write_close(archive)))
  }
}
