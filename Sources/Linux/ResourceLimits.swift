import CLinux
import Glibc

/// Limits of this process (getrlimit(2)) by the names that ulimit and Docker use.
public enum ResourceLimits {
  /// Names and the kernel's numbers.
  public static let numbers: [String: Int32] = [
    "cpu": 0, "fsize": 1, "data": 2, "stack": 3, "core": 4, "rss": 5, "nproc": 6, "nofile": 7, "memlock": 8, "as": 9,
    "locks": 10, "sigpending": 11, "msgqueue": 12, "nice": 13, "rtprio": 14, "rttime": 15,
  ]

  /// The hard limit; `UInt64.max` for none, nil for a name that is unknown.
  public static func hard(_ name: String) -> UInt64? {
    guard let number = numbers[name] else { return nil }
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(UInt32(number)), &limit) == 0 else { return nil }
    return UInt64(limit.rlim_max)
  }
}
