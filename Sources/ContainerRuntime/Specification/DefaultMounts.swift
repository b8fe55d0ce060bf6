import OCI

/// What is mounted into every container unless its own mounts take the place.
enum DefaultMounts {
  static let proc = RuntimeMount(
    destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"])
  static let dev = RuntimeMount(
    destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "strictatime", "mode=755", "size=65536k"])
  static let pts = RuntimeMount(
    destination: "/dev/pts", type: "devpts", source: "devpts",
    options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"])
  static let messageQueues = RuntimeMount(
    destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"])

  static func sys(writable: Bool) -> RuntimeMount {
    RuntimeMount(
      destination: "/sys", type: "sysfs", source: "sysfs",
      options: ["nosuid", "noexec", "nodev", writable ? "rw" : "ro"])
  }

  static func cgroup(writable: Bool) -> RuntimeMount {
    RuntimeMount(
      destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup",
      options: [writable ? "rw" : "ro", "nosuid", "noexec", "nodev"])
  }

  /// /dev/shm in memory of its own.
  static func sharedMemory(size: Int64) -> RuntimeMount {
    RuntimeMount(
      destination: "/dev/shm", type: "tmpfs", source: "shm",
      options: ["nosuid", "noexec", "nodev", "mode=1777", "size=\(size)"])
  }

  /// /dev/shm shared with others through a host path.
  static func sharedMemory(path: String) -> RuntimeMount {
    RuntimeMount(destination: "/dev/shm", type: "bind", source: path, options: ["rbind", "rprivate", "rw"])
  }
}
