import ArgumentParser
import ContainerEngine
import Linux

/// `apus engine`: the container engine in the foreground, until a signal ends it. Containers go on without it.
struct EngineCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "engine", abstract: "Run the container engine in the foreground.")

  @OptionGroup var options: EngineOptions

  func run() async throws {
    let settings = try options.settings()
    let signals = try SignalStream(EndingSignals.all)
    SignalStream.ignoreBrokenPipes()
    SystemFacts.raiseOpenFileLimit()
    Log.level = settings.level
    try await EngineService.run(settings) { try await EndingSignals.wait(signals) }
  }
}
