import Linux

/// What the kernel says of this process (proc(5)), under the names that all of Prometheus' clients use.
enum ProcessMetrics {
  /// Ticks of a second in `/proc`: always this many (`USER_HZ`).
  private static let ticks = 100.0
  private static let pageSize = 4096

  static func write(_ text: inout MetricsText) {
    let fields = statistics()
    if fields.count > 21 {
      text.begin("process_cpu_seconds_total", "counter", "Processor time that was spent.")
      text.add("process_cpu_seconds_total", [], (fields[11] + fields[12]) / ticks)
      text.gauge("process_virtual_memory_bytes", "Memory that is mapped.", Int(fields[20]))
      text.gauge("process_resident_memory_bytes", "Memory that is resident.", Int(fields[21]) * pageSize)
      if let boot = bootTime() {
        text.gauge("process_start_time_seconds", "When the process began, since 1970.", boot + fields[19] / ticks)
      }
    }
    if let names = try? FileSystem.list("/proc/self/fd") {
      text.gauge("process_open_fds", "Descriptors that are open.", names.count)
    }
    text.gauge("process_max_fds", "Descriptors that may be open.", SystemFacts.openFileLimit.soft)
  }

  /// The numbers of `/proc/self/stat` behind the name of the program and its state.
  private static func statistics() -> [Double] {
    guard let line = try? FileSystem.readText("/proc/self/stat"), let end = line.lastIndex(of: ")") else { return [] }
    return line[line.index(after: end)...].split(separator: " ").map { Double($0) ?? 0 }
  }

  /// Seconds since 1970.
  private static func bootTime() -> Double? {
    guard let text = try? FileSystem.readText("/proc/stat") else { return nil }
    for line in text.split(separator: "\n") where line.hasPrefix("btime ") { return Double(line.dropFirst(6)) }
    return nil
  }
}
