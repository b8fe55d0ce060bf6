import Linux

/// Which capabilities a container gets.
enum CapabilityChoice {
  /// Docker's default set.
  static let standard = [
    "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETGID",
    "CAP_SETUID", "CAP_SETFCAP", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL",
    "CAP_AUDIT_WRITE",
  ]

  /// Adds to and drops from the standard set; `all` is what this host can give, and nothing beyond is given.
  static func resolve(
    added: [String], dropped: [String], privileged: Bool, all: [String]
  ) throws(RuntimeError) -> [String] {
    if privileged { return all }
    let added = try normalize(added, "CapAdd")
    let dropped = try normalize(dropped, "CapDrop")
    let chosen: [String]
    if dropped.contains("ALL") {
      chosen = added.contains("ALL") ? all : added
    } else if added.contains("ALL") {
      chosen = all.filter { !dropped.contains($0) }
    } else {
      chosen = standard.filter { !dropped.contains($0) } + added
    }
    var seen: Set<String> = []
    return chosen.filter { all.contains($0) && seen.insert($0).inserted }
  }

  private static func normalize(_ names: [String], _ field: String) throws(RuntimeError) -> [String] {
    var result: [String] = []
    for name in names {
      let upper = name.uppercased()
      if upper == "ALL" {
        result.append(upper)
        continue
      }
      let full = upper.hasPrefix("CAP_") ? upper : "CAP_" + upper
      guard Capabilities.names.contains(full) else {
        throw RuntimeError(.invalidSpecification, "invalid \(field): unknown capability: \"\(full)\"")
      }
      result.append(full)
    }
    return result
  }
}
