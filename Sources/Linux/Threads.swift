import CLinux
import Glibc

/// A kernel thread of our own (pthreads(7)), for work that must not run on Swift's cooperative pool.
public enum Threads {
  /// Starts a detached thread, all signals blocked, that runs `body` once. `name` is cut to 15 bytes.
  public static func start(
    name: String, stackSize: Int = 1024 * 1024, _ body: @escaping @Sendable () -> Void
  ) throws(SystemError) {
    let box = Unmanaged.passRetained(Box(body))
    let error = apus_thread_start(
      { context in Unmanaged<Box>.fromOpaque(context!).takeRetainedValue().body() }, box.toOpaque(), name, stackSize)
    if error != 0 {
      box.release()
      throw SystemError(Errno(rawValue: error), "pthread_create", name)
    }
  }

  private final class Box: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
}

/// A semaphore between threads (eventfd(2) with EFD_SEMAPHORE): waits without spinning, on owned threads only.
public final class WakeUp: Sendable {
  private let descriptor: FileDescriptor
  public init() throws(SystemError) {
    descriptor = FileDescriptor(owning: try check("eventfd") { eventfd(0, Int32(EFD_CLOEXEC | EFD_SEMAPHORE)) })
  }
  /// Lets one waiter go.
  public func signal() { _ = eventfd_write(descriptor.rawValue, 1) }
  /// Blocks the thread until a signal is there and takes it.
  public func wait() {
    var value: eventfd_t = 0
    while eventfd_read(descriptor.rawValue, &value) != 0 && Errno.current == .interrupted {}
  }
}
