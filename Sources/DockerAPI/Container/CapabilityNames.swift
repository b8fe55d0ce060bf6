/// Capabilities by name, as `--cap-add` takes them.
public enum CapabilityNames {
  /// Every capability of Linux, in the kernel's order.
  public static let all = [
    "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID",
    "CAP_SETUID", "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_ADMIN",
    "CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT",
    "CAP_SYS_PTRACE", "CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE", "CAP_SYS_RESOURCE",
    "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL",
    "CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM", "CAP_BLOCK_SUSPEND",
    "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
  ]

  /// Full names in upper case; `ALL` stays as it is.
  ///
  /// - Throws: ``QueryError`` `invalid CapAdd: unknown capability: "CAP_X"`.
  public static func normalize(_ names: [String], field: String) throws(QueryError) -> [String] {
    var normal: [String] = []
    for name in names {
      var full = name.uppercased()
      if full == "ALL" || full == "CAP_ALL" {
        normal.append("ALL")
        continue
      }
      if !full.hasPrefix("CAP_") { full = "CAP_" + full }
      guard all.contains(full) else { throw QueryError("invalid \(field): unknown capability: \"\(full)\"") }
      if !normal.contains(full) { normal.append(full) }
    }
    return normal
  }
}
