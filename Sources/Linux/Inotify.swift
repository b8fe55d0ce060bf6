import CLinux
import Glibc

/// Watches directories and files (inotify(7)). Non-blocking: wait for `descriptor` to become readable, then call
/// `events()`.
public final class Inotify: Sendable {
  public struct Mask: OptionSet, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    public static let modified = Mask(rawValue: 0x2)
    public static let attributes = Mask(rawValue: 0x4)
    public static let closedAfterWrite = Mask(rawValue: 0x8)
    public static let movedFrom = Mask(rawValue: 0x40)
    public static let movedTo = Mask(rawValue: 0x80)
    public static let created = Mask(rawValue: 0x100)
    public static let deleted = Mask(rawValue: 0x200)
    public static let deletedSelf = Mask(rawValue: 0x400)
    public static let movedSelf = Mask(rawValue: 0x800)
    /// The kernel's queue ran over: events were lost, look again at everything.
    public static let overflow = Mask(rawValue: 0x4000)
    public static let ignored = Mask(rawValue: 0x8000)
  }
  public struct Event: Sendable {
    public let watch: Int32
    public let mask: Mask
    /// Name inside a watched directory; empty for the watched file itself.
    public let name: String
  }

  public let descriptor: FileDescriptor

  public init() throws(SystemError) {
    descriptor = FileDescriptor(owning: try check("inotify_init1") { inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK)) })
  }

  /// Begins to watch; returns the watch's number.
  public func add(_ path: String, _ mask: Mask) throws(SystemError) -> Int32 {
    let raw = descriptor.rawValue
    return try check("inotify_add_watch", path) { inotify_add_watch(raw, path, mask.rawValue) }
  }

  public func remove(_ watch: Int32) { _ = inotify_rm_watch(descriptor.rawValue, watch) }

  /// What happened since the last call; empty when nothing did.
  public func events() throws(SystemError) -> [Event] {
    let bytes: [UInt8]
    do { bytes = try descriptor.read(upTo: 65536) } catch {
      if error.code == .tryAgain { return [] }
      throw error
    }
    var events: [Event] = []
    var offset = 0
    bytes.withUnsafeBytes { raw in
      while offset + 16 <= raw.count {
        let watch = raw.loadUnaligned(fromByteOffset: offset, as: Int32.self)
        let mask = raw.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)
        let length = Int(raw.loadUnaligned(fromByteOffset: offset + 12, as: UInt32.self))
        let name = raw[(offset + 16)..<min(raw.count, offset + 16 + length)].prefix { $0 != 0 }
        events.append(Event(watch: watch, mask: Mask(rawValue: mask), name: String(decoding: name, as: UTF8.self)))
        offset += 16 + length
      }
    }
    return events
  }
}
