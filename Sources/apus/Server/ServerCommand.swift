import ArgumentParser
import AsyncWork
import ContainerEngine
import KeyValueStore
import Linux

/// `apus server`: the cluster's API and its controllers in the foreground, until a signal ends it.
struct ServerCommand: AsyncParsableCommand, ServerFlags {
  static let configuration = CommandConfiguration(
    commandName: "server", abstract: "Run the cluster's API server in the foreground.",
    discussion: """
      What --config names is read as flags by their names without dashes: `api-listen: 127.0.0.1:6443`, and a list where \
      a flag may be repeated. A flag of the command line comes before the file's.
      """)

  @OptionGroup var place: ServerPlace
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
    guard !datastore.isShared || place.snapshot == nil && place.restore == nil else {
      throw ValidationError("--snapshot and --restore are for the embedded store: use etcdctl for etcd")
    }
    let signals = try SignalStream(EndingSignals.all)
    SignalStream.ignoreBrokenPipes()
    SystemFacts.raiseOpenFileLimit()
    Log.level = Self.levels[place.logLevel] ?? .info
    let pool = try BlockingPool(name: "apus-files")
    if let snapshot = place.restore { return try await restore(snapshot, pool) }
    if let snapshot = place.snapshot { return try await write(snapshot, pool) }
    try await ClusterServer(self, dataDirectory: place.dataDir, pool).serve {
      try await EndingSignals.wait(signals)
    }
  }

  private static let levels: [String: Log.Level] = ["debug": .debug, "info": .info, "warn": .warning, "error": .error]

  private func restore(_ snapshot: String, _ pool: BlockingPool) async throws {
    let directory = try await ClusterServer.makeDirectory(in: place.dataDir, pool)
    let contents = try await StoreSnapshot.restore(snapshot, to: directory + "/state.db")
    Log.info("restored \(snapshot): \(contents)")
  }

  private func write(_ snapshot: String, _ pool: BlockingPool) async throws {
    let directory = try await ClusterServer.makeDirectory(in: place.dataDir, pool)
    let store = try await Datastore.open(datastore, in: directory, pool)
    do { try await store.snapshot(to: snapshot) } catch {
      await store.close()
      throw error
    }
    await store.close()
    Log.info("wrote the snapshot \(snapshot)")
  }
}
