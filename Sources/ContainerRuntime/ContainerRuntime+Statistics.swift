import AsyncWork
import Linux

extension ContainerRuntime {
  /// What a container that runs uses now.
  public func statistics(of id: String) async throws(RuntimeError) -> ContainerStatistics {
    let running = try container(id)
    let group = cgroup(running.record.cgroupPath)
    do {
      return try await pool.run { try Self.read(CgroupStatistics(group), running.process) }
    } catch { throw .wrap(error, "cannot read the statistics of container \(id)") }
  }

  /// Blocks.
  private static func read(_ group: CgroupStatistics, _ process: ContainerProcess) throws -> ContainerStatistics {
    var statistics = ContainerStatistics()
    statistics.time = Clock.realtime
    let cpu = group.cpu()
    statistics.cpu.total = cpu.total
    statistics.cpu.user = cpu.user
    statistics.cpu.system = cpu.system
    statistics.cpu.perProcessor = cpu.perProcessor
    statistics.cpu.periods = cpu.periods
    statistics.cpu.throttledPeriods = cpu.throttledPeriods
    statistics.cpu.throttledTime = cpu.throttledTime
    statistics.cpu.host = try hostTime()
    statistics.cpu.onlineProcessors = SystemFacts.onlineProcessors

    let memory = group.memory()
    let host = UInt64(SystemFacts.totalMemory)
    statistics.memory.usage = memory.usage
    statistics.memory.maximumUsage = memory.maximumUsage
    statistics.memory.limit = min(memory.limit ?? host, host)
    statistics.memory.failures = memory.failures
    statistics.memory.details = memory.details

    let pids = group.pids()
    statistics.pids.current = pids.current
    statistics.pids.limit = pids.limit ?? 0

    var blockIO = group.blockIOBytes().map {
      ContainerStatistics.BlockIO(major: $0.major, minor: $0.minor, operation: $0.operation, bytes: $0.value)
    }
    for entry in group.blockIOOperations() {
      if let index = blockIO.firstIndex(where: {
        $0.major == entry.major && $0.minor == entry.minor && $0.operation == entry.operation
      }) {
        blockIO[index].operations = entry.value
      } else {
        blockIO.append(
          .init(major: entry.major, minor: entry.minor, operation: entry.operation, operations: entry.value))
      }
    }
    statistics.blockIO = blockIO
    if try Processes.startTime(of: process.pid) == process.startTime {
      statistics.interfaces = NetworkCounters.parse(try FileSystem.readText("/proc/\(process.pid)/net/dev"))
    }
    return statistics
  }

  /// Time that all processors have spent since boot, idle time included: the first eight numbers of the first line of
  /// /proc/stat, in hundredths of a second.
  private static func hostTime() throws(SystemError) -> UInt64 {
    let line = try FileSystem.readText("/proc/stat").prefix { $0 != "\n" }
    let ticks = line.split(separator: " ").dropFirst().prefix(8).compactMap { UInt64($0) }.reduce(0, &+)
    return ticks &* 10_000_000
  }

  /// Host pids of a container's processes.
  public func processes(of id: String) async throws(RuntimeError) -> [Int32] {
    let group = cgroup(try container(id).record.cgroupPath)
    do { return try await pool.run { try group.processes() } } catch {
      throw .wrap(error, "cannot list the processes of container \(id)")
    }
  }
}
