import Linux

/// A file of lines that is put aside when it is large.
struct RotatingFile {
  private let settings: AuditLog.Settings
  private let archive: AuditArchive
  /// Told when a file has been put aside.
  private let whenAside: @Sendable () throws -> Void
  private var descriptor: FileDescriptor
  private var size: Int64
  private var buffer: [UInt8] = []

  private static let standardOutput: Int32 = 1
  private static let pieceSize = 1 << 16

  /// Opens the file, and makes it where it is missing. Only root may read it.
  init(_ settings: AuditLog.Settings, _ archive: AuditArchive, whenAside: @escaping @Sendable () throws -> Void) throws
  {
    self.settings = settings
    self.archive = archive
    self.whenAside = whenAside
    if settings.path == "-" {
      let output = FileDescriptor(owning: Self.standardOutput)
      descriptor = try output.duplicate()
      _ = output.release()
      size = 0
      return
    }
    try archive.makeDirectory()
    (descriptor, size) = try Self.open(settings.path)
  }

  private static func open(_ path: String) throws -> (FileDescriptor, Int64) {
    let descriptor = try FileDescriptor.open(path, [.writeOnly, .create, .append], mode: 0o600)
    return (descriptor, try FileStatus(of: descriptor).size)
  }

  /// Appends a line; it is on its way to the disk after `flush`.
  mutating func append(_ line: [UInt8]) throws {
    let count = Int64(line.count + 1)
    if settings.path != "-", size > 0, size + Int64(buffer.count) + count > settings.largestFile { try rotate() }
    buffer += line
    buffer.append(UInt8(ascii: "\n"))
    if buffer.count >= Self.pieceSize { try flush() }
  }

  mutating func flush() throws {
    guard !buffer.isEmpty else { return }
    let bytes = buffer
    buffer = []
    try descriptor.writeAll(bytes)
    size += Int64(bytes.count)
  }

  private mutating func rotate() throws {
    try flush()
    try FileSystem.rename(settings.path, to: archive.nextPath)
    descriptor.close()
    (descriptor, size) = try Self.open(settings.path)
    try whenAside()
  }
}
