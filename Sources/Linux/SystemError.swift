import Glibc

/// An error number of the kernel (errno(3)).
public struct Errno: Error, RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  public let rawValue: Int32
  public init(rawValue: Int32) { self.rawValue = rawValue }

  public static let notPermitted = Errno(rawValue: EPERM)
  public static let noEntry = Errno(rawValue: ENOENT)
  public static let noProcess = Errno(rawValue: ESRCH)
  public static let interrupted = Errno(rawValue: EINTR)
  public static let badDescriptor = Errno(rawValue: EBADF)
  public static let tryAgain = Errno(rawValue: EAGAIN)
  public static let accessDenied = Errno(rawValue: EACCES)
  public static let busy = Errno(rawValue: EBUSY)
  public static let exists = Errno(rawValue: EEXIST)
  public static let noDevice = Errno(rawValue: ENODEV)
  public static let notDirectory = Errno(rawValue: ENOTDIR)
  public static let isDirectory = Errno(rawValue: EISDIR)
  public static let invalid = Errno(rawValue: EINVAL)
  public static let noSpace = Errno(rawValue: ENOSPC)
  public static let quotaExceeded = Errno(rawValue: EDQUOT)
  public static let brokenPipe = Errno(rawValue: EPIPE)
  public static let notEmpty = Errno(rawValue: ENOTEMPTY)
  public static let loop = Errno(rawValue: ELOOP)
  public static let noData = Errno(rawValue: ENODATA)
  public static let notImplemented = Errno(rawValue: ENOSYS)
  public static let notSupported = Errno(rawValue: EOPNOTSUPP)
  public static let addressInUse = Errno(rawValue: EADDRINUSE)
  public static let addressNotAvailable = Errno(rawValue: EADDRNOTAVAIL)
  public static let connectionRefused = Errno(rawValue: ECONNREFUSED)
  public static let hostUnreachable = Errno(rawValue: EHOSTUNREACH)
  public static let networkUnreachable = Errno(rawValue: ENETUNREACH)
  public static let connectionReset = Errno(rawValue: ECONNRESET)
  public static let timedOut = Errno(rawValue: ETIMEDOUT)
  public static let inProgress = Errno(rawValue: EINPROGRESS)
  public static let crossDevice = Errno(rawValue: EXDEV)

  /// The calling thread's errno.
  public static var current: Errno { Errno(rawValue: errno) }

  /// The C library's text, spelled as Go spells it (lower case), because Docker's users know those words.
  public var description: String {
    let text = unsafeText
    guard let first = text.first else { return "errno \(rawValue)" }
    return first.lowercased() + text.dropFirst()
  }

  private var unsafeText: String {
    guard let pointer = strerror(rawValue) else { return "" }
    return String(cString: pointer)
  }
}

/// A system call that failed: which call, on what, and the kernel's reason.
public struct SystemError: Error, Sendable, CustomStringConvertible {
  /// The kernel's error number.
  public let code: Errno
  /// The call, in its man page's name ("mount", "openat2").
  public let operation: String
  /// The path, link or process it was about; empty where there is none.
  public let subject: String

  public init(_ code: Errno, _ operation: String, _ subject: String = "") {
    self.code = code
    self.operation = operation
    self.subject = subject
  }

  public var description: String {
    subject.isEmpty ? "\(operation): \(code)" : "\(operation) \(subject): \(code)"
  }
}

/// Runs a system call that returns -1 on failure; retries when a signal interrupted it.
@discardableResult
func check<Result: FixedWidthInteger & SignedInteger>(
  _ operation: String, _ subject: @autoclosure () -> String = "", _ call: () -> Result
) throws(SystemError) -> Result {
  while true {
    let result = call()
    if result >= 0 { return result }
    let code = Errno.current
    if code == .interrupted { continue }
    throw SystemError(code, operation, subject())
  }
}
