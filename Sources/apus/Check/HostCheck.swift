import Linux
import Netfilter
import NetworkDrivers

/// Looks at the host without changing it: reads files, asks the kernel, starts the programs' `--version`.
enum HostCheck {
  static func all() -> [Finding] {
    [root(), capabilities(), kernel(), namespaces()] + ControlGroupCheck.all() + ProgramCheck.all() + [
      overlay(), seccomp(), nftables(), shortcuts(), forwarding(), ipv6(), openFiles(),
    ]
  }

  private static func root() -> Finding {
    let user = SystemFacts.effectiveUser
    if user == 0 { return .ok("root", "runs as root") }
    return .missing("root", "runs as user \(user)", "start it with sudo")
  }

  private static func capabilities() -> Finding {
    let name = "capabilities"
    do {
      let effective = Capabilities.parse(status: try FileSystem.readText("/proc/self/status"), field: "CapEff")
      let needed = ["CAP_SYS_ADMIN", "CAP_NET_ADMIN", "CAP_MKNOD", "CAP_CHOWN", "CAP_SETUID", "CAP_SETGID"]
      let lacking = needed.filter { !effective.contains($0) }
      guard lacking.isEmpty else {
        return .missing(name, "lacks \(lacking.joined(separator: ", "))", "run it outside of a restricted container")
      }
      guard effective.contains("CAP_SYS_RESOURCE") else {
        return .limited(
          name, "lacks CAP_SYS_RESOURCE", "limits above the host's hard limits and negative --oom-score-adj will fail")
      }
      return .ok(name, "\(effective.count) capabilities")
    } catch {
      return .missing(name, "\(error)", "mount /proc")
    }
  }

  private static func kernel() -> Finding {
    let release = SystemFacts.kernelRelease
    let parts = release.split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
    let version = (parts.first ?? 0, parts.count > 1 ? parts[1] : 0)
    if version >= (5, 10) { return .ok("kernel", "\(release) \(SystemFacts.machine)") }
    return .missing("kernel", release, "use Linux 5.10 or newer")
  }

  private static func namespaces() -> Finding {
    let name = "namespaces"
    let needed = ["mnt", "net", "pid", "ipc", "uts"]
    let lacking = needed.filter { !FileSystem.exists("/proc/self/ns/\($0)") }
    guard lacking.isEmpty else {
      return .missing(
        name, "the kernel lacks \(lacking.joined(separator: ", "))", "use a kernel with CONFIG_NAMESPACES")
    }
    let optional = ["cgroup", "user"].filter { !FileSystem.exists("/proc/self/ns/\($0)") }
    guard optional.isEmpty else {
      return .limited(
        name, "the kernel lacks \(optional.joined(separator: ", "))", "use a kernel with CONFIG_NAMESPACES")
    }
    return .ok(name, "\((needed + ["cgroup", "user"]).joined(separator: ", "))")
  }

  private static func overlay() -> Finding {
    let name = "overlayfs"
    do {
      let known = try FileSystem.readText("/proc/filesystems")
      if known.split(whereSeparator: \.isWhitespace).contains("overlay") { return .ok(name, "known to the kernel") }
      return .missing(name, "not known to the kernel", "modprobe overlay")
    } catch {
      return .missing(name, "\(error)", "mount /proc")
    }
  }

  private static func seccomp() -> Finding {
    if FileSystem.exists("/proc/sys/kernel/seccomp/actions_avail") { return .ok("seccomp", "filters are served") }
    return .limited(
      "seccomp", "the kernel has no filters", "containers run without the default profile; use CONFIG_SECCOMP_FILTER")
  }

  private static func nftables() -> Finding {
    do {
      let tables = try NftablesConnection().tables().count
      return .ok("nftables", "\(tables) tables in this network namespace")
    } catch {
      return .missing("nftables", "\(error)", "modprobe nf_tables; as root")
    }
  }

  private static func shortcuts() -> Finding {
    let name = "short cuts"
    guard let obstacle = ShortcutProbe.obstacle() else {
      return .ok(name, "ports published on 127.0.0.1 are reached without translation")
    }
    return .limited(
      name, obstacle,
      "ports published on 127.0.0.1 are translated, which is slower; use Linux 5.14 or newer with cgroup2")
  }

  private static func forwarding() -> Finding {
    let path = "/proc/sys/net/ipv4/ip_forward"
    do {
      if try FileSystem.readText(path).hasPrefix("1") { return .ok("forwarding", "net.ipv4.ip_forward is 1") }
      return .limited(
        "forwarding", "net.ipv4.ip_forward is 0", "the engine switches it on, unless --ip-forward=false")
    } catch {
      return .missing("forwarding", "\(error)", "mount /proc and /proc/sys", required: false)
    }
  }

  private static func ipv6() -> Finding {
    let path = "/proc/sys/net/ipv6/conf/all/disable_ipv6"
    do {
      if try FileSystem.readText(path).hasPrefix("0") { return .ok("IPv6", "enabled") }
      return .limited("IPv6", "disabled", "sysctl net.ipv6.conf.all.disable_ipv6=0, for networks with IPv6")
    } catch {
      return .limited("IPv6", "the kernel has none", "networks have IPv4 only")
    }
  }

  private static func openFiles() -> Finding {
    let limit = SystemFacts.openFileLimit.hard
    let text = limit == .max ? "no limit" : "\(limit)"
    if limit >= 65_536 { return .ok("open files", text) }
    return .limited(
      "open files", "at most \(text)", "containers cannot have a higher nofile; raise LimitNOFILE for many containers")
  }
}
