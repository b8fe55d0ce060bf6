import AsyncWork
import ContainerRuntime
import Linux
import Synchronization

extension ContainerEngine {
  /// Begins to check a container that has just started (or runs on under a new engine). Does nothing where there is no
  /// check. Ends with the container's end.
  func startHealthChecks(_ container: Container) {
    let record = container.record
    guard let check = record.definition.healthCheck, let command = HealthTimes.command(check.test) else { return }
    container.update { record in
      if record.state.health == nil { record.state.health = HealthState() }
    }
    let started = record.state.started
    container.setHealthTask(
      Task { [weak self, weak container] in
        let times = HealthTimes(check)
        while let container {
          let state = container.record.state
          guard state.isRunning, state.started == started else { return }
          let pause = times.pause(
            status: state.health?.status ?? .starting, sinceStart: .nanoseconds(Clock.realtime - started))
          do { try await Task.sleep(for: pause) } catch { return }
          // A paused container is not checked: its check could not run.
          guard let self, container.record.state.status == .running else { continue }
          let probe = await self.probe(container.record, command, timeout: times.timeout)
          if Task.isCancelled { return }
          self.take(probe, of: container, times, started: started)
        }
      })
  }

  private func take(_ probe: HealthState.Probe, of container: Container, _ times: HealthTimes, started: Int64) {
    let before = container.record.state.health?.status
    let record = container.update { record in
      guard record.state.isRunning, record.state.started == started else { return }
      var health = record.state.health ?? HealthState()
      times.record(probe, in: &health, started: started)
      record.state.health = health
    }
    guard record.state.started == started, let now = record.state.health?.status, now != before else { return }
    publish(record, "health_status: \(now.rawValue)")
    // Only a change is worth a write; the results in between live in memory, as docker's do.
    spawn { [self] in await saveOrWarn(container) }
  }

  /// Runs the check once.
  private func probe(
    _ record: ContainerRecord, _ command: [String], timeout: Duration
  ) async -> HealthState.Probe {
    let start = Clock.realtime
    func result(_ exitCode: Int32, _ output: String) -> HealthState.Probe {
      HealthState.Probe(start: start, end: Clock.realtime, exitCode: exitCode, output: output)
    }
    do {
      let id = try await createExec(record.id, ExecDefinition(command: command))
      defer { execs.withLock { $0[id] = nil } }
      guard let session = try await startExec(id, detached: false, terminal: false) else {
        return result(-1, "the check's output cannot be read")
      }
      defer { session.close() }
      let output = LimitedText(limit: HealthTimes.outputLimit)
      let process = execs.withLock { $0[id]?.process }
      let exitCode = try await withThrowingTaskGroup(of: Int32?.self) { group in
        group.addTask {
          for try await chunk in session.output { output.append(chunk.bytes) }
          return await process?.waitUnlessCancelled()
        }
        group.addTask {
          do { try await Task.sleep(for: timeout) } catch { return nil }
          return nil
        }
        let first = try await group.next() ?? nil
        if first == nil { session.close() }
        group.cancelAll()
        return first
      }
      guard let exitCode else {
        await killExec(id)
        let text = output.text
        let message = "Health check exceeded timeout (\(GoDurationText.text(timeout)))"
        return result(-1, text.isEmpty ? message : message + ": " + text)
      }
      return result(exitCode, output.text)
    } catch { return result(-1, "\(error)") }
  }

  private func killExec(_ exec: String) async {
    guard let record = try? inspectExec(exec), record.isRunning, record.pid > 0 else { return }
    do {
      if let process = try Processes.open(record.pid) { try Processes.signal(SignalNames.kill, to: process) }
    } catch { Log.warning("health check \(exec): \(error)") }
  }
}

/// Text that grows to a limit; what comes later is dropped and said to be.
private final class LimitedText: Sendable {
  private let state = Mutex<(bytes: [UInt8], truncated: Bool)>(([], false))
  private let limit: Int
  init(limit: Int) { self.limit = limit }

  func append(_ more: [UInt8]) {
    state.withLock { state in
      let room = limit - state.bytes.count
      state.bytes += more.prefix(room)
      if more.count > room { state.truncated = true }
    }
  }

  var text: String {
    let (bytes, truncated) = state.withLock { $0 }
    let text = String(decoding: bytes, as: UTF8.self)
    return truncated ? text + "..." : text
  }
}

/// Durations as Go prints them, for messages that users know: `30s`, `1m30s`, `1.5s`, `200ms`.
enum GoDurationText {
  static func text(_ duration: Duration) -> String {
    let nanoseconds = duration.components.seconds * 1_000_000_000 + duration.components.attoseconds / 1_000_000_000
    if nanoseconds == 0 { return "0s" }
    if nanoseconds < 1_000 { return "\(nanoseconds)ns" }
    if nanoseconds < 1_000_000 { return decimal(nanoseconds, 1_000) + "µs" }
    if nanoseconds < 1_000_000_000 { return decimal(nanoseconds, 1_000_000) + "ms" }
    let minutes = nanoseconds / 60_000_000_000
    let seconds = decimal(nanoseconds % 60_000_000_000, 1_000_000_000) + "s"
    if minutes >= 60 { return "\(minutes / 60)h\(minutes % 60)m\(seconds)" }
    return minutes > 0 ? "\(minutes)m\(seconds)" : seconds
  }

  private static func decimal(_ value: Int64, _ unit: Int64) -> String {
    var fraction = String(value % unit + unit).dropFirst()
    while fraction.hasSuffix("0") { fraction = fraction.dropLast() }
    return fraction.isEmpty ? "\(value / unit)" : "\(value / unit).\(fraction)"
  }
}
