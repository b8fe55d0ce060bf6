import CLinux
import Glibc

/// Signals as events (signalfd(2)): blocked for the whole process and read from a descriptor.
public final class SignalStream: Sendable {
  public let descriptor: FileDescriptor

  /// Every thread must have the signals blocked (`block`): one that has not takes them, and the process ends.
  public init(_ signals: [Int32]) throws(SystemError) {
    var set = Self.block(signals)
    descriptor = FileDescriptor(
      owning: try check("signalfd") { signalfd(-1, &set, Int32(SFD_CLOEXEC | SFD_NONBLOCK)) })
  }

  /// Blocks signals for the calling thread and for those that it starts from now on. Call on the first thread before
  /// there is another.
  @discardableResult
  public static func block(_ signals: [Int32]) -> sigset_t {
    var set = sigset_t()
    sigemptyset(&set)
    for signal in signals { sigaddset(&set, signal) }
    pthread_sigmask(SIG_BLOCK, &set, nil)
    return set
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
