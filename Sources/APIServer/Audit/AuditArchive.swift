import APIMachinery
import Linux

/// The files of an audit log that were put aside: which of them are kept, and how.
struct AuditArchive: Sendable {
  private let directory: String
  private let stem: String
  private let suffix: String
  private let backups: Int
  private let days: Int
  private let compresses: Bool

  private static let compressed = ".gz"
  /// What is not whole yet.
  private static let unfinished = ".gz.new"
  private static let stampLength = 23
  private static let pieceSize = 1 << 20

  init(_ settings: AuditLog.Settings) {
    let name = FileSystem.name(of: settings.path)
    directory = settings.path.contains("/") ? FileSystem.directory(of: settings.path) : "."
    let dot = name.lastIndex(of: ".") ?? name.endIndex
    (stem, suffix) = (String(name[..<dot]), String(name[dot...]))
    (backups, days, compresses) = (settings.backups, settings.days, settings.compresses)
  }

  func makeDirectory() throws { try FileSystem.makeDirectories(directory, mode: 0o700) }

  /// What a file is called that is put aside now: `audit.log` becomes `audit-2026-01-02T03-04-05.678.log`.
  var nextPath: String { "\(directory)/\(stem)-\(Self.stamp(.now))\(suffix)" }

  /// With dashes for colons, and milliseconds.
  private static func stamp(_ time: Timestamp) -> String {
    String(time.inMicroseconds.replacing(":", with: "-").dropLast(4))
  }

  /// When a file was put aside; nil for one that was not.
  private func stamp(of name: String) -> String? {
    guard name.hasPrefix(stem + "-") else { return nil }
    let rest = name.dropFirst(stem.count + 1)
    let end = rest.dropFirst(Self.stampLength)
    guard end == suffix || end == suffix + Self.compressed || end == suffix + Self.unfinished else { return nil }
    return String(rest.prefix(Self.stampLength))
  }

  /// Removes what is beyond the number or the age that is kept, and compresses the rest where that is wished. Blocks.
  func tidy() throws {
    let all = try FileSystem.list(directory).compactMap { name in stamp(of: name).map { (name: name, stamp: $0) } }
    let stamps = Set(all.map(\.stamp)).sorted(by: >)
    var kept = Set(backups > 0 ? stamps.prefix(backups) : stamps[...])
    if days > 0 {
      let limit = Self.stamp(Timestamp.now.adding(seconds: -Int64(days) * 86_400))
      kept = kept.filter { $0 >= limit }
    }
    for (name, stamp) in all where !kept.contains(stamp) { try FileSystem.removeFile("\(directory)/\(name)") }
    guard compresses else { return }
    for (name, stamp) in all where kept.contains(stamp) && name.hasSuffix(suffix) && !name.hasSuffix(Self.compressed) {
      try compress("\(directory)/\(name)")
    }
  }

  /// A file that is read while the server dies is compressed at the next start of another one.
  private func compress(_ path: String) throws {
    let source = try FileDescriptor.open(path, [.readOnly])
    let target = try FileDescriptor.open(path + Self.unfinished, [.writeOnly, .create, .truncate], mode: 0o600)
    let deflater = try Deflater()
    while true {
      let piece = try source.read(upTo: Self.pieceSize)
      try target.writeAll(try deflater.write(piece, finish: piece.isEmpty))
      if piece.isEmpty { break }
    }
    try FileSystem.rename(path + Self.unfinished, to: path + Self.compressed)
    try FileSystem.removeFile(path)
  }
}
