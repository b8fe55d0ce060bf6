import ArgumentParser

/// The flags of `apus server` alone: where it stands, and what it does instead of serving.
struct ServerPlace: ParsableArguments {
  @Option(help: "A file of flags, YAML or JSON.") var config: String?
  @Option(help: "Where the cluster's state is kept.") var dataDir = "/var/lib/apus"
  @Option(
    name: .customLong("run-dir"),
    help: "As of the other commands; the API server alone makes no socket and leaves it as it is.")
  var runDirectory = "/run/apus"
  @Option(help: "As of the other commands; the API server alone makes nothing in the kernel that carries it.")
  var instance = "apus"
  @Option(name: [.customShort("l"), .long], help: "debug, info, warn or error.") var logLevel = "info"
  @Option(help: "Write a snapshot of the running server's state, or of a stopped one's, to this file, and end.")
  var snapshot: String?
  @Option(help: "Put this snapshot in the place of the state, and end.") var restore: String?

  func validate() throws {
    guard ["debug", "info", "warn", "error"].contains(logLevel) else {
      throw ValidationError("--log-level \(logLevel): it must be debug, info, warn or error")
    }
    guard snapshot == nil || restore == nil else {
      throw ValidationError("--snapshot and --restore cannot be given together")
    }
  }
}
