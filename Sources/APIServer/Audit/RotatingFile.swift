import APIMachinery
import Linux

/// A file of lines that is put aside when it is large: `audit.log` becomes `audit-2026-01-02T03-04-05.678.log`.
struct RotatingFile {
  private let settings: AuditLog.Settings
  private let directory: String
  private let stem: String
  private let suffix: String
  private var descriptor: FileDescriptor
  private var size: Int64
  private var buffer: [UInt8] = []

  private static let standardOutput: Int32 = 1
  private static let pieceSize = 1 << 16

  /// Opens the file, and makes it where it is missing. Only root may read it.
  init(_ settings: AuditLog.Settings) throws {
    self.settings = settings
    let name = FileSystem.name(of: settings.path)
    directory = settings.path.contains("/") ? FileSystem.directory(of: settings.path) : "."
    let dot = name.lastIndex(of: ".") ?? name.endIndex
    (stem, suffix) = (String(name[..<dot]), String(name[dot...]))
    if settings.path == "-" {
      let output = FileDescriptor(owning: Self.standardOutput)
      descriptor = try output.duplicate()
      _ = output.release()
      size = 0
      return
    }
    try FileSystem.makeDirectories(directory, mode: 0o700)
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
    try FileSystem.rename(settings.path, to: "\(directory)/\(stem)-\(Self.time(.now))\(suffix)")
    descriptor.close()
    (descriptor, size) = try Self.open(settings.path)
    try removeOld()
  }

  /// With dashes for colons, and milliseconds.
  private static func time(_ time: Timestamp) -> String {
    String(time.inMicroseconds.replacing(":", with: "-").dropLast(4))
  }

  /// Removes what is beyond the number or the age that is kept.
  private func removeOld() throws {
    let prefix = stem + "-"
    let names = try FileSystem.list(directory).filter {
      $0.hasPrefix(prefix) && $0.hasSuffix(suffix) && $0.count == prefix.count + 23 + suffix.count
    }.sorted(by: >)
    var old = settings.backups > 0 ? Array(names.dropFirst(settings.backups)) : []
    if settings.days > 0 {
      let limit = Self.time(Timestamp.now.adding(seconds: -Int64(settings.days) * 86_400))
      old += names.filter { !old.contains($0) && $0.dropFirst(prefix.count).prefix(23) < limit }
    }
    for name in old { try FileSystem.removeFile("\(directory)/\(name)") }
  }
}
