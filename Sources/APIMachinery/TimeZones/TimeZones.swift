import FoundationEssentials
import Synchronization

/// Time zones by the names of the IANA database, from the files that the host has of it.
enum TimeZones {
  /// A zone that cannot be used; `message` is what Go's `time.LoadLocation` says.
  struct Failure: Error, Equatable {
    let message: String
  }

  /// Where hosts keep the database (the places that Go's `time` looks at).
  private static let directories = [
    "/usr/share/zoneinfo", "/usr/share/lib/zoneinfo", "/usr/lib/locale/TZ", "/etc/zoneinfo",
  ]
  /// Bytes of a file; the largest of the database has fewer than 4,000.
  private static let largest = 1 << 20
  /// Zones that are kept once they were read: the database has some 600 names.
  private static let known = Mutex<[String: TimeZoneFile]>([:])

  /// The zone of a name; nil for UTC.
  ///
  /// A file is read when its zone is named first: a few kilobytes that the host has at hand.
  /// - Throws: for names that the database does not have.
  static func zone(_ name: String) throws(Failure) -> TimeZoneFile? {
    if name.isEmpty || name == "UTC" { return nil }
    guard isPlain(name) else { throw Failure(message: "time: invalid location name") }
    if let zone = known.withLock({ $0[name] }) { return zone }
    for directory in directories {
      guard let data = FileManager.default.contents(atPath: "\(directory)/\(name)"), data.count <= largest else {
        continue
      }
      do {
        let zone = try TimeZoneFile(Array(data))
        known.withLock { $0[name] = zone }
        return zone
      } catch { throw Failure(message: "malformed time zone information") }
    }
    throw Failure(message: "unknown time zone \(name)")
  }

  /// Whether a name stays in the directory.
  private static func isPlain(_ name: String) -> Bool {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    return parts.first?.isEmpty == false && !parts.contains("..") && !name.utf8.contains { $0 == 0 || $0 == 0x5C }
  }
}
