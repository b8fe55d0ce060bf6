import CLinux
import Glibc
import Synchronization

/// An open file description that this process owns. It closes when the last reference goes, or earlier by `close()`.
///
/// A class and not a bare number, so that a descriptor can cross tasks and can never be closed twice: the kernel reuses
/// numbers at once, and a second close would hit somebody else's file.
public final class FileDescriptor: Sendable {
  private let number: Mutex<Int32>

  /// Takes over a descriptor that nobody else will close.
  public init(owning rawValue: Int32) { number = Mutex(rawValue) }

  deinit { number.withLock { if $0 >= 0 { _ = Glibc.close($0) } } }

  /// The kernel's number; -1 after `close()` or `release()`.
  public var rawValue: Int32 { number.withLock { $0 } }

  /// Closes now instead of with the last reference. Later calls do nothing.
  public func close() {
    number.withLock {
      if $0 >= 0 { _ = Glibc.close($0) }
      $0 = -1
    }
  }

  /// Gives the number away: the caller closes it.
  public func release() -> Int32 {
    number.withLock {
      let value = $0
      $0 = -1
      return value
    }
  }

  /// A second descriptor on the same open file (dup(2)), close-on-exec.
  public func duplicate() throws(SystemError) -> FileDescriptor {
    let raw = rawValue
    return FileDescriptor(owning: try check("dup") { apus_fcntl(raw, F_DUPFD_CLOEXEC, 3) })
  }

  /// Sets or clears O_NONBLOCK (fcntl(2)).
  public func setNonBlocking(_ on: Bool) throws(SystemError) {
    let raw = rawValue
    let flags = try check("fcntl") { apus_fcntl(raw, F_GETFL, 0) }
    let wanted = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK
    try check("fcntl") { apus_fcntl(raw, F_SETFL, Int(wanted)) }
  }
}

/// How a file is opened (open(2)). O_CLOEXEC is always set.
public struct OpenFlags: OptionSet, Sendable {
  public let rawValue: Int32
  public init(rawValue: Int32) { self.rawValue = rawValue }
  public static let readOnly: OpenFlags = []
  public static let writeOnly = OpenFlags(rawValue: O_WRONLY)
  public static let readWrite = OpenFlags(rawValue: O_RDWR)
  public static let create = OpenFlags(rawValue: O_CREAT)
  public static let exclusive = OpenFlags(rawValue: O_EXCL)
  public static let truncate = OpenFlags(rawValue: O_TRUNC)
  public static let append = OpenFlags(rawValue: O_APPEND)
  public static let nonBlocking = OpenFlags(rawValue: O_NONBLOCK)
  public static let directory = OpenFlags(rawValue: O_DIRECTORY)
  public static let noFollow = OpenFlags(rawValue: O_NOFOLLOW)
  public static let noControllingTerminal = OpenFlags(rawValue: O_NOCTTY)
  /// Only a handle on the path: no reading, no writing, no side effect of opening (O_PATH).
  public static let pathOnly = OpenFlags(rawValue: 0o10000000)
}

/// How openat2(2) walks a path.
public struct ResolveFlags: OptionSet, Sendable {
  public let rawValue: UInt64
  public init(rawValue: UInt64) { self.rawValue = rawValue }
  public static let noCrossDevice = ResolveFlags(rawValue: 0x01)
  public static let noMagicLinks = ResolveFlags(rawValue: 0x02)
  public static let noSymlinks = ResolveFlags(rawValue: 0x04)
  public static let beneath = ResolveFlags(rawValue: 0x08)
  /// The directory is the root for `..`, absolute paths and links.
  public static let inRoot = ResolveFlags(rawValue: 0x10)
}

extension FileDescriptor {
  /// Opens `path`; relative paths start at `directory`, or at the working directory.
  public static func open(
    _ path: String, _ flags: OpenFlags, mode: UInt32 = 0o600, at directory: FileDescriptor? = nil
  ) throws(SystemError) -> FileDescriptor {
    let base = directory?.rawValue ?? AT_FDCWD
    return FileDescriptor(
      owning: try check("open", path) { apus_openat(base, path, flags.rawValue | O_CLOEXEC, mode) })
  }

  /// Opens `path` under `root` with openat2(2), so that nothing resolves outside of it.
  public static func open(
    _ path: String, under root: FileDescriptor, _ flags: OpenFlags, mode: UInt32 = 0, resolve: ResolveFlags = .inRoot
  ) throws(SystemError) -> FileDescriptor {
    let base = root.rawValue
    return FileDescriptor(
      owning: try check("openat2", path) {
        apus_openat2(
          base, path, UInt64(UInt32(bitPattern: flags.rawValue | O_CLOEXEC)),
          flags.contains(.create) ? UInt64(mode) : 0, resolve.rawValue)
      })
  }

  /// A pipe (pipe2(2)), both ends close-on-exec.
  public static func pipe(nonBlocking: Bool = false) throws(SystemError) -> (
    read: FileDescriptor, write: FileDescriptor
  ) {
    var read: Int32 = -1
    var write: Int32 = -1
    try check("pipe2") { apus_pipe(&read, &write, O_CLOEXEC | (nonBlocking ? O_NONBLOCK : 0)) }
    return (FileDescriptor(owning: read), FileDescriptor(owning: write))
  }

  /// Reads at most `count` bytes; empty at the end of the file. Blocks unless the descriptor is non-blocking
  /// (then `.tryAgain`).
  public func read(upTo count: Int) throws(SystemError) -> [UInt8] {
    let raw = rawValue
    var failure: SystemError?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      while true {
        let n = Glibc.read(raw, buffer.baseAddress, count)
        if n >= 0 {
          initialized = n
          return
        }
        if Errno.current == .interrupted { continue }
        failure = SystemError(.current, "read")
        return
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// Reads at most `count` bytes at `offset` (pread(2)).
  public func read(upTo count: Int, at offset: Int64) throws(SystemError) -> [UInt8] {
    let raw = rawValue
    var failure: SystemError?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      while true {
        let n = pread(raw, buffer.baseAddress, count, off_t(offset))
        if n >= 0 {
          initialized = n
          return
        }
        if Errno.current == .interrupted { continue }
        failure = SystemError(.current, "pread")
        return
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// Writes once; returns how many bytes the kernel took.
  public func write(_ bytes: some Collection<UInt8>) throws(SystemError) -> Int {
    let raw = rawValue
    let array = ContiguousArray(bytes)
    return try check("write") { array.withUnsafeBytes { Glibc.write(raw, $0.baseAddress, $0.count) } }
  }

  /// Writes everything; for blocking descriptors.
  public func writeAll(_ bytes: some Collection<UInt8>) throws(SystemError) {
    let raw = rawValue
    let array = ContiguousArray(bytes)
    var offset = 0
    while offset < array.count {
      let start = offset
      offset += try check("write") {
        array.withUnsafeBytes { Glibc.write(raw, $0.baseAddress! + start, $0.count - start) }
      }
    }
  }

  /// Reads to the end of the file.
  public func readToEnd(limit: Int = .max) throws(SystemError) -> [UInt8] {
    var all: [UInt8] = []
    while all.count < limit {
      let part = try read(upTo: min(65536, limit - all.count))
      if part.isEmpty { break }
      all += part
    }
    return all
  }

  /// Flushes data and the metadata needed to read it back (fdatasync(2)), or everything (fsync(2)).
  public func synchronize(dataOnly: Bool = false) throws(SystemError) {
    let raw = rawValue
    try check(dataOnly ? "fdatasync" : "fsync") { dataOnly ? fdatasync(raw) : fsync(raw) }
  }

  /// Flushes the whole file system that holds this file (syncfs(2)).
  public func synchronizeFileSystem() throws(SystemError) {
    let raw = rawValue
    try check("syncfs") { apus_syncfs(raw) }
  }

  /// Cuts or extends the file (ftruncate(2)).
  public func truncate(to size: Int64) throws(SystemError) {
    let raw = rawValue
    try check("ftruncate") { ftruncate(raw, off_t(size)) }
  }

  /// Takes an advisory lock on the whole file (flock(2)) without waiting; `.tryAgain` where another process holds it.
  public func tryLock() throws(SystemError) {
    let raw = rawValue
    try check("flock") { flock(raw, LOCK_EX | LOCK_NB) }
  }

  /// Takes the lock as `tryLock` does, and waits a little for whoever has it: a process that was killed while it started a
  /// program leaves its locks to the child, which has them until it is that program. Blocks the calling thread.
  /// - Throws: `.tryAgain` where another process still holds it after so many milliseconds.
  public func lock(within milliseconds: Int64 = 2000) throws(SystemError) {
    let deadline = Clock.monotonic + milliseconds * 1_000_000
    while true {
      do throws(SystemError) { return try tryLock() } catch {
        guard error.code == .tryAgain, Clock.monotonic < deadline else { throw error }
      }
      Threads.pause(milliseconds: 1)
    }
  }
}
