import ContainerEngine
import ContainerRuntime
import DockerAPI
import HTTPService

/// `GET /containers/{id}/stats`: a reading each second, or one.
enum StatsEndpoint {
  static let stats: Endpoint = { call in
    let record = try call.engine.container(call.name)
    let engine = call.engine
    let stream = call.query.flag("stream", default: true)
    let oneShot = call.version >= APIVersion(1, 41) && call.query.flag("one-shot")
    let headers: Headers = ["Content-Type": "application/json"]
    guard stream else {
      // Without `one-shot` the answer takes a second, so that a rate can be computed from it.
      var previous: ContainerStatistics?
      if !oneShot, record.state.isRunning {
        previous = try await engine.containerStatistics(record.id)
        try await Task.sleep(for: .seconds(1))
      }
      return .json(try await reading(record.id, engine, previous).wire)
    }
    return .stream(headers: headers, endsWithServer: true) { writer in
      try await writer.start()
      var previous: ContainerStatistics?
      while true {
        let reading = try await reading(record.id, engine, previous)
        try await writer.write(DockerJSON.encodeLine(reading.wire))
        previous = reading.current
        try await Task.sleep(for: .seconds(1))
      }
    }
  }

  /// One reading; empty for a container that does not run.
  private static func reading(
    _ id: String, _ engine: ContainerEngine, _ previous: ContainerStatistics?
  ) async throws -> (wire: ContainerStats, current: ContainerStatistics?) {
    let record = try engine.container(id)
    let current = record.state.isRunning ? try await statistics(id, engine) : nil
    var wire = current.map { translate($0, previous) } ?? ContainerStats()
    wire.id = record.id
    wire.name = "/" + record.name
    return (wire, current)
  }

  /// nil for a container that ended between the two questions.
  private static func statistics(_ id: String, _ engine: ContainerEngine) async throws -> ContainerStatistics? {
    do {
      return try await engine.containerStatistics(id)
    } catch {
      guard error.code == .conflict || error.code == .notFound else { throw error }
      return nil
    }
  }

  static func translate(_ current: ContainerStatistics, _ previous: ContainerStatistics?) -> ContainerStats {
    var wire = ContainerStats()
    wire.read = Timestamps.wire(current.time)
    wire.preRead = Timestamps.wire(previous?.time ?? 0)
    wire.pidsStats.current = current.pids.current
    wire.pidsStats.limit = current.pids.limit
    wire.blkioStats = blockIO(current.blockIO)
    wire.cpuStats = cpu(current.cpu)
    if let previous { wire.preCPUStats = cpu(previous.cpu) }
    wire.memoryStats.usage = current.memory.usage
    wire.memoryStats.maxUsage = current.memory.maximumUsage
    wire.memoryStats.limit = current.memory.limit
    wire.memoryStats.failcnt = current.memory.failures
    wire.memoryStats.stats = current.memory.details
    wire.networks = current.interfaces.mapValues { interface in
      var stats = NetworkStats()
      stats.rxBytes = interface.receivedBytes
      stats.rxPackets = interface.receivedPackets
      stats.rxErrors = interface.receivedErrors
      stats.rxDropped = interface.receivedDropped
      stats.txBytes = interface.sentBytes
      stats.txPackets = interface.sentPackets
      stats.txErrors = interface.sentErrors
      stats.txDropped = interface.sentDropped
      return stats
    }
    return wire
  }

  private static func cpu(_ cpu: ContainerStatistics.CPU) -> CPUStats {
    var stats = CPUStats()
    stats.cpuUsage.totalUsage = cpu.total
    stats.cpuUsage.percpuUsage = cpu.perProcessor
    stats.cpuUsage.usageInKernelmode = cpu.system
    stats.cpuUsage.usageInUsermode = cpu.user
    stats.systemUsage = cpu.host
    stats.onlineCPUs = UInt32(clamping: cpu.onlineProcessors)
    stats.throttlingData.periods = cpu.periods
    stats.throttlingData.throttledPeriods = cpu.throttledPeriods
    stats.throttlingData.throttledTime = cpu.throttledTime
    return stats
  }

  private static func blockIO(_ entries: [ContainerStatistics.BlockIO]) -> BlkioStats {
    var stats = BlkioStats()
    stats.ioServiceBytesRecursive = entries.compactMap { entry in entry.bytes.map { counter(entry, $0) } }
    stats.ioServicedRecursive = entries.compactMap { entry in entry.operations.map { counter(entry, $0) } }
    return stats
  }

  private static func counter(_ entry: ContainerStatistics.BlockIO, _ value: UInt64) -> BlkioStatEntry {
    var counter = BlkioStatEntry()
    counter.major = entry.major
    counter.minor = entry.minor
    counter.op = entry.operation
    counter.value = value
    return counter
  }
}
