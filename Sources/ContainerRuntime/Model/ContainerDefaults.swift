/// What a container gets unless its specification says otherwise; the values are docker's, so that what runs there
/// runs here.
public enum ContainerDefaults {
  /// Bytes of /dev/shm.
  public static let sharedMemorySize: Int64 = 64 << 20

  public static let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

  /// Files that tell of, or reach, the host's kernel.
  public static let maskedPaths = [
    "/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
    "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware",
    "/sys/devices/virtual/powercap",
  ]

  public static let readOnlyPaths = [
    "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
  ]

  /// Seconds between the stop signal and SIGKILL.
  public static let stopTimeout = 10
  public static let stopSignal = "SIGTERM"
}
