import ArgumentParser
import ContainerEngine
import Glibc
import Linux
import NetworkDrivers

/// The program. Its first thread only waits for the others: left to Swift's run loop it would let the signals in that the
/// engine reads from a descriptor, and the process would end where it stands.
@main
enum Program {
  /// The command and its flags, with what a server's configuration file says. Reads the file; blocks.
  static let arguments = expanded(EngineSettings.spellOutBooleans(Array(CommandLine.arguments.dropFirst())))

  static func main() {
    let arguments = Array(CommandLine.arguments.dropFirst())
    // Not a command for people: the process that holds published ports, started by the engine.
    if arguments.first == "port-proxy" { Glibc.exit(PortProxy.main()) }
    // Later threads take their mask from this one.
    let services = [EngineCommand.configuration, ServerCommand.configuration, UpCommand.configuration]
    if services.map(\.commandName).contains(arguments.first) {
      SignalStream.block(EndingSignals.all)
    }
    Task.detached {
      await Apus.main(Self.arguments)
      Glibc.exit(0)
    }
    while true { Threads.pause(milliseconds: 60_000) }
  }

  /// With what a server's configuration file says.
  private static func expanded(_ arguments: [String]) -> [String] {
    if arguments.first == UpCommand.configuration.commandName { return BareFlags.spellOut(arguments) }
    guard arguments.first == ServerCommand.configuration.commandName else { return arguments }
    do {
      let arguments = BareFlags.spellOut(arguments)
      try ForeignFlags.refuse(arguments)
      return try ConfigurationFile.expand(arguments, ServerCommand.self)
    } catch {
      ServerCommand.exit(withError: error)
    }
  }
}

/// Chooses the command and nothing else.
struct Apus: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apus", abstract: "Containers and their networks, from one binary.", version: Version.text,
    subcommands: [UpCommand.self, EngineCommand.self, ServerCommand.self, NetworkCommand.self, CheckCommand.self])
}

/// What this build is called.
enum Version {
  static let text = "0.1.0"
}
