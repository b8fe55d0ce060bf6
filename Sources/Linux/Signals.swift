import CLinux
import Glibc

/// Signals as events (signalfd(2)): blocked for the whole process and read from a descriptor.
public final class SignalStream: Sendable {
  public let descriptor: FileDescriptor

  /// Call before any other thread starts, so that every thread inherits the blocked mask.
  public init(_ signals: [Int32]) throws(SystemError) {
    var set = sigset_t()
    sigemptyset(&set)
    for signal in signals { sigaddset(&set, signal) }
    pthread_sigmask(SIG_BLOCK, &set, nil)
    descriptor = FileDescriptor(
      owning: try check("signalfd") { signalfd(-1, &set, Int32(SFD_CLOEXEC | SFD_NONBLOCK)) })
  }

  /// The next signal, nil when none is pending.
  public func next() throws(SystemError) -> Int32? {
    do {
      let bytes = try descriptor.read(upTo: MemoryLayout<signalfd_siginfo>.size)
      guard bytes.count >= 4 else { return nil }
      return bytes.withUnsafeBytes { Int32(bitPattern: $0.loadUnaligned(as: UInt32.self)) }
    } catch {
      if error.code == .tryAgain { return nil }
      throw error
    }
  }

  /// A write to a closed connection must be an error, not the end of the process.
  public static func ignoreBrokenPipes() { _ = signal(SIGPIPE, SIG_IGN) }
}
