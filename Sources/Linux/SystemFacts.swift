import CLinux
import Glibc

/// What uname(2), sysinfo(2) and sysconf(3) tell of the host.
public enum SystemFacts {
  public static var onlineProcessors: Int { sysconf(Int32(_SC_NPROCESSORS_ONLN)) }

  /// Bytes of memory.
  public static var totalMemory: Int64 {
    var info = sysinfo()
    guard sysinfo(&info) == 0 else { return 0 }
    return Int64(info.totalram) * Int64(info.mem_unit)
  }

  /// The kernel's release, `6.1.0-18-amd64`.
  public static var kernelRelease: String { field(\.release) }
  public static var kernelVersion: String { field(\.version) }
  /// `x86_64`, `aarch64`.
  public static var machine: String { field(\.machine) }
  public static var hostName: String { field(\.nodename) }

  private static func field<T>(_ path: KeyPath<utsname, T>) -> String {
    var name = utsname()
    guard uname(&name) == 0 else { return "" }
    return withUnsafeBytes(of: name[keyPath: path]) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
  }

  /// A limit of this process (getrlimit(2)): soft and hard.
  public static var openFileLimit: (soft: UInt64, hard: UInt64) {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(7), &limit) == 0 else { return (1024, 1024) }
    return (UInt64(limit.rlim_cur), UInt64(limit.rlim_max))
  }

  /// Raises the soft limit of open files to the hard one, as a server with many connections wants it.
  public static func raiseOpenFileLimit() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(7), &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    _ = setrlimit(__rlimit_resource_t(7), &limit)
  }

  public static var effectiveUser: UInt32 { geteuid() }
}
