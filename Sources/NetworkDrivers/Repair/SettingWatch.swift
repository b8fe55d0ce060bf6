import AsyncWork
import Linux
import Synchronization

/// Hears when somebody writes a setting of a link under /proc/sys/net. Of most of them the kernel announces nothing; but
/// they are files, and whoever writes one by the same /proc as ours is seen. What another /proc (a container's that
/// shares the host's network) writes is not heard; forwarding, of which netlink tells, is.
final class SettingWatch: Sendable {
  private struct Watched {
    var number: Int32
    /// The link whose settings they are: the same path may become another link's.
    var link: UInt32
    /// While it is open the kernel keeps the directory as it is, with the watch on it.
    var handle: FileDescriptor
  }
  private let inotify: Inotify
  private let watched = Mutex<[String: Watched]>([:])
  /// What could not be watched, and is told of already.
  private let missed = Mutex<Set<String>>([])

  init() throws(SystemError) { inotify = try Inotify() }

  /// Watches these directories and no others. Must be called in the network namespace whose settings they are.
  /// - Parameters:
  ///   - directories: paths, with the number of the link that each belongs to.
  ///   - report: told what keeps one from being watched, once until that is over: what is written there is not noticed.
  func watch(_ directories: [String: UInt32], report: (String) -> Void = Diagnostics.warn) {
    watched.withLock { watched in
      for (path, old) in watched where directories[path] != old.link {
        inotify.remove(old.number)
        watched[path] = nil
      }
      for (path, link) in directories where watched[path] == nil {
        do throws(SystemError) {
          let handle = try FileDescriptor.open(path, [.readOnly, .directory])
          let number = try inotify.add("/proc/self/fd/\(handle.rawValue)", .modified)
          watched[path] = Watched(number: number, link: link, handle: handle)
          missed.withLock { _ = $0.remove(path) }
        } catch {
          // A host without IPv6 has no such directory; a link may be gone again.
          guard error.code != .noEntry, missed.withLock({ $0.insert(path).inserted }) else { continue }
          report("changes of the settings in \(path) are not noticed: \(error)\(Self.advice(error.code))")
        }
      }
    }
  }

  private static func advice(_ code: Errno) -> String {
    code == .noSpace ? " (fs.inotify.max_user_watches is used up: raise it)" : ""
  }

  /// Waits until something was written, and returns the numbers of the links whose settings it may be.
  func changes(on reactor: Reactor) async throws -> Set<UInt32> {
    while true {
      try await reactor.waitReadable(inotify.descriptor)
      let events = try inotify.events()
      let links = watched.withLock { watched in
        Set(
          watched.values.filter { one in
            events.contains { $0.mask.contains(.overflow) || $0.watch == one.number && $0.mask.contains(.modified) }
          }.map(\.link))
      }
      if !links.isEmpty { return links }
    }
  }
}
