/// Capabilities by name (capabilities(7)); the position in `names` is the kernel's number.
public enum Capabilities {
  public static let names = [
    "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID",
    "CAP_SETUID", "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_ADMIN",
    "CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT",
    "CAP_SYS_PTRACE", "CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE", "CAP_SYS_RESOURCE",
    "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL",
    "CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM", "CAP_BLOCK_SUSPEND",
    "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
  ]

  /// What this process may hand on: its bounding set (the CapBnd line of /proc/self/status). Reads a file.
  public static func bounding() throws(SystemError) -> [String] {
    parse(status: try FileSystem.readText("/proc/thread-self/status"), field: "CapBnd")
  }

  /// The names of a mask in the text of /proc/PID/status.
  public static func parse(status: String, field: String) -> [String] {
    for line in status.split(separator: "\n") where line.hasPrefix(field + ":") {
      let digits = line.drop { $0 != ":" }.dropFirst().filter { !$0.isWhitespace }
      guard let mask = UInt64(digits, radix: 16) else { return [] }
      return names.indices.filter { mask & (1 << UInt64($0)) != 0 }.map { names[$0] }
    }
    return []
  }
}
