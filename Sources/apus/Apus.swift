import ArgumentParser
import ContainerEngine

/// The program: chooses the command and nothing else.
@main
struct Apus: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apus", abstract: "Containers and their networks, from one binary.", version: Version.text,
    subcommands: [EngineCommand.self, CheckCommand.self])

  static func main() async {
    await main(EngineSettings.spellOutBooleans(Array(CommandLine.arguments.dropFirst())))
  }
}

/// What this build is called.
enum Version {
  static let text = "0.1.0"
}
