/// When a health check runs and what its results mean: docker's defaults and rules. Pure.
struct HealthTimes: Equatable {
  let interval: Duration
  let timeout: Duration
  let startPeriod: Duration
  let startInterval: Duration
  let retries: Int

  /// Results kept.
  static let kept = 5
  /// Bytes kept of a probe's output.
  static let outputLimit = 4096

  init(_ check: HealthCheck) {
    interval = .nanoseconds(check.interval > 0 ? check.interval : 30_000_000_000)
    timeout = .nanoseconds(check.timeout > 0 ? check.timeout : 30_000_000_000)
    startPeriod = .nanoseconds(max(0, check.startPeriod))
    startInterval = .nanoseconds(check.startInterval > 0 ? check.startInterval : 5_000_000_000)
    retries = check.retries > 0 ? check.retries : 3
  }

  /// The pause before the next probe, from the end of the last. While a container comes up, probes are closer.
  func pause(status: HealthState.Status, sinceStart: Duration) -> Duration {
    sinceStart < startPeriod && status == .starting ? startInterval : interval
  }

  /// Takes one more result in; `started` is the container's start in nanoseconds since 1970.
  func record(_ probe: HealthState.Probe, in state: inout HealthState, started: Int64) {
    state.log.append(probe)
    if state.log.count > Self.kept { state.log.removeFirst(state.log.count - Self.kept) }
    if probe.exitCode == 0 {
      state.failingStreak = 0
      state.status = .healthy
      return
    }
    // A container that has never been well may still fail while it comes up.
    if state.status == .starting, Duration.nanoseconds(probe.start - started) < startPeriod { return }
    state.failingStreak += 1
    if state.failingStreak >= retries { state.status = .unhealthy }
  }

  /// What is run for a check; nil where there is nothing to run.
  static func command(_ test: [String], shell: [String]? = nil) -> [String]? {
    switch test.first {
    case "CMD" where test.count > 1: Array(test.dropFirst())
    case "CMD-SHELL" where test.count > 1: (shell ?? ["/bin/sh", "-c"]) + test.dropFirst()
    default: nil
    }
  }
}
