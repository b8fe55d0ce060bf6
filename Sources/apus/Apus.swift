import ArgumentParser
import ContainerEngine
import Glibc
import NetworkDrivers

/// The program: chooses the command and nothing else.
@main
struct Apus: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apus", abstract: "Containers and their networks, from one binary.", version: Version.text,
    subcommands: [EngineCommand.self, NetworkCommand.self, CheckCommand.self])

  static func main() async {
    // Not a command for people: the process that holds published ports, started by the engine.
    if CommandLine.arguments.dropFirst().first == "port-proxy" { Glibc.exit(PortProxy.main()) }
    await main(EngineSettings.spellOutBooleans(Array(CommandLine.arguments.dropFirst())))
  }
}

/// What this build is called.
enum Version {
  static let text = "0.1.0"
}
