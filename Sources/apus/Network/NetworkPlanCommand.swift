import ArgumentParser
import FoundationEssentials
import HTTPService
import Linux
import NetworkModel

/// `apus network plan NAME`: what the kernel shall hold for a network and its endpoints, and what it does hold.
struct NetworkPlanCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Print a network's plan and how the kernel differs from it.",
    discussion: "Asks a running engine. Ends with 1 when there are differences.")

  @Argument(help: "Name or id of a network.") var name: String
  @Flag(help: "Print JSON.") var json = false
  @Option(
    name: [.customShort("H"), .customLong("host")],
    help: "unix:///PATH of the engine (default $DOCKER_HOST, else unix:///run/apus/docker.sock).")
  var host: String?

  func run() async throws {
    let address = host ?? Environment["DOCKER_HOST"] ?? "unix:///run/apus/docker.sock"
    let engine = try EngineClient(address)
    let body = try await engine.get("/networks/\(PercentEncoding.encode(name))/plan")
    let report = try JSONDecoder().decode(PlanReport.self, from: Data(body))
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      print(String(decoding: try encoder.encode(report), as: UTF8.self))
    } else {
      print(report.text, terminator: "")
    }
    if !report.isInSync { throw ExitCode(1) }
  }
}
