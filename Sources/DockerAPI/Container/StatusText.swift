/// What `docker ps` says about a container's state.
public enum StatusText {
  /// `Up 5 minutes (healthy)`, `Exited (0) 2 hours ago` …
  public static func status(_ state: ContainerStatus, now: Timestamp) -> String {
    let since = duration(seconds: now.seconds - state.startedAt.seconds)
    if state.running {
      if state.paused { return "Up \(since) (Paused)" }
      if state.restarting {
        return "Restarting (\(state.exitCode)) \(duration(seconds: now.seconds - state.finishedAt.seconds)) ago"
      }
      switch state.health?.status ?? "none" {
      case "none", "": return "Up \(since)"
      case "starting": return "Up \(since) (health: starting)"
      case let health: return "Up \(since) (\(health))"
      }
    }
    if state.status == "removing" { return "Removal In Progress" }
    if state.dead { return "Dead" }
    if state.startedAt.isZero { return "Created" }
    if state.finishedAt.isZero { return "" }
    return "Exited (\(state.exitCode)) \(duration(seconds: now.seconds - state.finishedAt.seconds)) ago"
  }

  /// A duration as go-units' `HumanDuration` says it.
  public static func duration(seconds: Int64) -> String {
    let minutes = seconds / 60
    let hours = Int64((Double(seconds) / 3600).rounded())
    switch seconds {
    case ..<1: return "Less than a second"
    case 1: return "1 second"
    case ..<60: return "\(seconds) seconds"
    default: break
    }
    if minutes == 1 { return "About a minute" }
    if minutes < 60 { return "\(minutes) minutes" }
    switch hours {
    case 1: return "About an hour"
    case ..<48: return "\(hours) hours"
    case ..<(24 * 7 * 2): return "\(hours / 24) days"
    case ..<(24 * 30 * 2): return "\(hours / 24 / 7) weeks"
    case ..<(24 * 365 * 2): return "\(hours / 24 / 30) months"
    default: return "\(Int64(Double(seconds) / 3600) / 24 / 365) years"
    }
  }
}
