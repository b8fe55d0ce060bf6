/// What a container is doing: moby's `container.State`. Times are RFC 3339 text.
public struct ContainerStatus: JSONObject, Hashable {
  public static let goType = "container.State"

  /// `created`, `running`, `paused`, `restarting`, `removing`, `exited` or `dead`.
  public var status = ""
  public var running = false
  public var paused = false
  public var restarting = false
  public var oomKilled = false
  public var dead = false
  public var pid = 0
  public var exitCode = 0
  public var error = ""
  public var startedAt = Timestamp()
  public var finishedAt = Timestamp()
  public var health: Health?

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("Status", &status)
    visit("Running", &running)
    visit("Paused", &paused)
    visit("Restarting", &restarting)
    visit("OOMKilled", &oomKilled)
    visit("Dead", &dead)
    visit("Pid", &pid)
    visit("ExitCode", &exitCode)
    visit("Error", &error)
    visit("StartedAt", &startedAt)
    visit("FinishedAt", &finishedAt)
    visit("Health", &health, .omitEmpty)
  }
}

/// What the health checks of a container found.
public struct Health: JSONObject, Hashable {
  public static let goType = "container.Health"

  /// `none`, `starting`, `healthy` or `unhealthy`.
  public var status = ""
  public var failingStreak = 0
  public var log: [HealthcheckResult]?

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("Status", &status)
    visit("FailingStreak", &failingStreak)
    visit("Log", &log)
  }
}

/// One health check.
public struct HealthcheckResult: JSONObject, Hashable {
  public static let goType = "container.HealthcheckResult"

  public var start = Timestamp()
  public var end = Timestamp()
  public var exitCode = 0
  public var output = ""

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("Start", &start)
    visit("End", &end)
    visit("ExitCode", &exitCode)
    visit("Output", &output)
  }
}
