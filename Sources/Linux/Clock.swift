import CLinux
import Glibc

/// The kernel's clocks (clock_gettime(2)).
public enum Clock {
  /// Nanoseconds since 1970, UTC.
  public static var realtime: Int64 { nanoseconds(CLOCK_REALTIME) }
  /// Nanoseconds that only go forward; for durations.
  public static var monotonic: Int64 { nanoseconds(CLOCK_MONOTONIC) }
  /// Nanoseconds since the host booted, time asleep included.
  public static var boot: Int64 { nanoseconds(CLOCK_BOOTTIME) }

  private static func nanoseconds(_ clock: clockid_t) -> Int64 {
    var t = timespec()
    clock_gettime(clock, &t)
    return Int64(t.tv_sec) * 1_000_000_000 + Int64(t.tv_nsec)
  }
}
