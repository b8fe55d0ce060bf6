import Linux
import NetworkModel

/// Settings under /proc/sys/net of the calling thread's network namespace.
enum Sysctl {
  /// Writes where the value differs: a setting that is right already may be read-only.
  static func write(_ plan: SysctlPlan) throws {
    let path = "/proc/sys/net/\(plan.path)"
    do {
      if try value(path) == plan.value { return }
      try FileSystem.writeKernelFile(path, plan.value)
    } catch let error as SystemError {
      if plan.isOptional && error.code == .noEntry { return }
      throw error
    }
  }

  /// The value without the line's end.
  static func value(_ path: String) throws -> String {
    try FileSystem.readText(path).split(separator: "\n", omittingEmptySubsequences: false).first.map(String.init) ?? ""
  }
}
