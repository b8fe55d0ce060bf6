import ArgumentParser

/// `apus network`: what an engine's networks are made of.
struct NetworkCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "network", abstract: "Look into an engine's networks.", subcommands: [NetworkPlanCommand.self])
}
