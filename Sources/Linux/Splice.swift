import CLinux
import Glibc

extension FileDescriptor {
  /// Moves up to `count` bytes from here to `target` inside the kernel, without copying them to this process
  /// (splice(2)); one of the two must be a pipe. Never waits: `.tryAgain` where nothing can move now.
  /// - Returns: how many bytes moved; 0 at the end of the input.
  public func splice(to target: FileDescriptor, upTo count: Int) throws(SystemError) -> Int {
    let (from, into) = (rawValue, target.rawValue)
    return try check("splice") {
      apus_splice(from, into, count)
    }
  }

  /// Asks for room in a pipe (fcntl(2), F_SETPIPE_SZ); the kernel rounds up. `.notPermitted` beyond what
  /// /proc/sys/fs/pipe-max-size and pipe-user-pages-soft leave to this user.
  /// - Returns: the room that it has now, in bytes.
  @discardableResult
  public func setPipeCapacity(_ bytes: Int) throws(SystemError) -> Int {
    let raw = rawValue
    return Int(try check("fcntl") { fcntl(raw, 1031 /* F_SETPIPE_SZ */, Int32(clamping: bytes)) })
  }
}
