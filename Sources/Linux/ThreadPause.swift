import Glibc

extension Threads {
  /// Holds the calling thread: for owned threads, where the kernel offers nothing to wait for.
  public static func pause(milliseconds: UInt32) { usleep(milliseconds * 1000) }

  /// Lets others that want this processor go first (sched_yield(2)).
  public static func yield() { sched_yield() }
}
