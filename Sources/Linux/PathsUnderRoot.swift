import CLinux
import Glibc

extension FileSystem {
  /// Makes a directory and what is missing above it inside `root`: links are followed as a process whose root is
  /// `root` would follow them, never out of it. An existing directory is left as it is.
  public static func makeDirectories(
    _ path: String, under root: FileDescriptor, mode: UInt32 = 0o755, user: UInt32 = 0, group: UInt32 = 0
  ) throws(SystemError) {
    var done = ""
    for part in path.split(separator: "/") where part != "." {
      let parent = try FileDescriptor.open(done.isEmpty ? "/" : done, under: root, [.pathOnly, .directory])
      done += "/\(part)"
      do {
        _ = try FileDescriptor.open(done, under: root, [.pathOnly, .directory])
        continue
      } catch { if error.code != .noEntry { throw SystemError(error.code, "mkdir", path) } }
      let raw = parent.rawValue
      let name = String(part)
      if mkdirat(raw, name, mode) == 0 {
        try check("chown", path) { fchownat(raw, name, user, group, AT_SYMLINK_NOFOLLOW) }
      } else if Errno.current != .exists {
        throw SystemError(.current, "mkdir", path)
      }
    }
  }

  /// The whole of a regular file inside `root`, links resolved inside of it; nil where there is none.
  public static func read(
    _ path: String, under root: FileDescriptor, limit: Int = 1 << 24
  ) throws(SystemError) -> [UInt8]? {
    do throws(SystemError) {
      let file = try FileDescriptor.open(path, under: root, [.readOnly, .nonBlocking])
      guard try FileStatus(of: file).kind == .regular else { throw SystemError(.invalid, "read", path) }
      return try file.readToEnd(limit: limit)
    } catch {
      if error.code == .noEntry || error.code == .notDirectory { return nil }
      throw error
    }
  }
}
