import ArgumentParser
import AsyncWork
import ContainerEngine
import Linux

/// `apus up`: the container engine and a cluster of this host in one process, in the foreground, until a signal ends both.
struct UpCommand: AsyncParsableCommand, ServerFlags {
  static let configuration = CommandConfiguration(
    commandName: "up", abstract: "Run the container engine and a cluster in the foreground.")

  @OptionGroup var engine: EngineOptions
  @OptionGroup var options: ServerOptions
  @OptionGroup var datastore: DatastoreOptions
  @OptionGroup var sharedSecret: SharedSecretOptions
  @OptionGroup var encryption: EncryptionOptions
  @OptionGroup var audit: AuditOptions
  @OptionGroup var auditLog: AuditLogOptions
  @OptionGroup var auditWebhook: AuditWebhookOptions
  @OptionGroup var authentication: AuthenticationOptions
  @OptionGroup var requestHeaders: RequestHeaderOptions
  @OptionGroup var authorization: AuthorizationOptions
  @OptionGroup var connections: ConnectionOptions
  @OptionGroup(visibility: .hidden) var settled: SettledOptions

  func validate() throws { try validateTogether() }

  func run() async throws {
    let settings = try engine.settings()
    let signals = try SignalStream(EndingSignals.all)
    SignalStream.ignoreBrokenPipes()
    SystemFacts.raiseOpenFileLimit()
    Log.level = settings.level
    let pool = try BlockingPool(name: "apus-files")
    try await Self.together(
      [
        ("the container engine", { try await EngineService.run(settings) { await Self.untilCancelled() } }),
        (
          "the cluster",
          {
            try await ClusterServer(self, dataDirectory: settings.dataDirectory, pool).serve {
              await Self.untilCancelled()
            }
          }
        ),
      ]
    ) { try await EndingSignals.wait(signals) }
  }

  /// Why one of the parts has ended, and with it the others.
  struct PartFailure: Error, CustomStringConvertible {
    let part: String
    let cause: any Error
    var description: String { "\(part) failed: \(cause)" }
  }

  typealias Part = (name: String, run: @Sendable () async throws -> Void)

  /// Runs parts side by side, from their start on. When `ended` returns, or one part fails, all of them end in good order.
  /// - Throws: the first failure, when everything has ended.
  private static func together(
    _ parts: [Part], until ended: @escaping @Sendable () async throws -> Void
  ) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for part in parts {
        group.addTask {
          do { try await part.run() } catch { throw PartFailure(part: part.name, cause: error) }
        }
      }
      group.addTask { try await ended() }
      var failure: (any Error)?
      var isEnding = false
      while let result = await group.nextResult() {
        if case .failure(let error) = result, !(isEnding && Self.isCancellation(error)) {
          if failure == nil { failure = error } else { Log.error("\(error)") }
        }
        isEnding = true
        group.cancelAll()
      }
      if let failure { throw failure }
    }
  }

  private static func isCancellation(_ error: any Error) -> Bool {
    error is CancellationError || (error as? PartFailure)?.cause is CancellationError
  }

  private static func untilCancelled() async {
    let (never, keeper) = AsyncStream.makeStream(of: Never.self)
    for await _ in never {}
    withExtendedLifetime(keeper) {}
  }
}
