import APIMachinery
import APIServer
import Addressing
import ArgumentParser
import AsyncWork
import ClusterAPI
import ContainerEngine
import Controllers
import HTTPService
import KeyValueStore
import Linux
import PKI
import Synchronization

/// The registry for what the registry itself is made with.
private final class LateRegistry: Sendable {
  private let value = Mutex<Registry?>(nil)

  func set(_ registry: Registry) { value.withLock { $0 = registry } }

  /// Asked for when there are requests, which is after it was set.
  var registry: Registry {
    guard let registry = value.withLock({ $0 }) else { preconditionFailure("asked for before there is a registry") }
    return registry
  }
}

/// `apus server`: the cluster's API and its controllers in the foreground, until a signal ends it.
struct ServerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "server", abstract: "Run the cluster's API server in the foreground.")

  @OptionGroup var options: ServerOptions
  @OptionGroup var authentication: AuthenticationOptions

  private static let shutdownTime = Duration.seconds(5)

  func run() async throws {
    let signals = try SignalStream(EngineCommand.endingSignals)
    SignalStream.ignoreBrokenPipes()
    SystemFacts.raiseOpenFileLimit()
    Log.level = Self.levels[options.logLevel] ?? .info
    let directory = options.dataDir + "/cluster"
    let pool = try BlockingPool(name: "apus-files")
    try await pool.run { try FileSystem.makeDirectories(directory, mode: 0o700) }
    if let snapshot = options.restore {
      let contents = try await StoreSnapshot.restore(snapshot, to: directory + "/state.db")
      Log.info("restored \(snapshot): \(contents)")
      return
    }
    let store = try await openStore(directory)
    if let snapshot = options.snapshot {
      try await store.snapshot(to: snapshot)
      await store.close()
      Log.info("wrote the snapshot \(snapshot)")
      return
    }
    do { try await serve(store, directory, pool, signals) } catch {
      await store.close()
      throw error
    }
  }

  private static let levels: [String: Log.Level] = ["debug": .debug, "info": .info, "warn": .warning, "error": .error]

  private func openStore(_ directory: String) async throws -> any RevisionedStore {
    guard !options.datastoreEndpoint.isEmpty else { return try await SQLiteStore(path: directory + "/state.db") }
    let endpoints = try options.datastoreEndpoint.map { text in
      guard let endpoint = EtcdConfiguration.Endpoint(text) else {
        throw ValidationError("--datastore-endpoint \(text): it must be https://HOST:PORT or http://HOST:PORT")
      }
      return endpoint
    }
    let usesTLS = options.datastoreCafile != nil || options.datastoreCertfile != nil
    return try EtcdStore(
      EtcdConfiguration(
        endpoints: endpoints,
        tls: usesTLS
          ? .init(
            authorities: options.datastoreCafile, certificate: options.datastoreCertfile,
            key: options.datastoreKeyfile) : nil))
  }

  private func serve(
    _ store: any RevisionedStore, _ directory: String, _ pool: BlockingPool, _ signals: SignalStream
  ) async throws {
    let issuer = authentication.serviceAccountIssuer
    let files = try await pool.run {
      try ClusterFiles(directory: directory + "/pki", issuer: issuer)
    }
    let address = ServerAddress(options)
    let issued = try files.serverCertificate(address)
    let tls = try ServerTLS(
      certificateChain: issued.certificatePEM, privateKey: issued.keyPEM, clientAuthorities: files.authorities.bundle)

    let failures = AsyncStream.makeStream(of: (any Error).self)
    let cluster = try await ClusterStore(store) { failures.continuation.yield($0) }
    let kinds = try BuiltinKinds.load()
    let catalog = ResourceCatalog(kinds)
    let accounts = ServiceAccounts(cluster, tokens: files.tokens, audiences: [issuer])
    let late = LateRegistry()
    let rbac = RBACAuthorizer { late.registry }
    let authorizer = AuthorizerChain([MastersAuthorizer(), rbac])
    let admission = ClusterAdmission.chain(cluster, authorizer: authorizer) { late.registry }
    let registry = Registry(store: cluster, catalog: catalog, kinds: kinds, admission: admission)
    late.set(registry)
    let (host, port) = try options.listenAddress()
    let clients = try await ServerAuthentication(authentication, cluster, accounts, pool)
    let api = APIServer(
      registry: registry, authenticator: clients.authenticator, authorizer: authorizer, accounts: accounts,
      address: "\(address.advertised):\(port)", version: ServerVersion(build: "apus.\(Version.text)"))
    var settings = ServerConfiguration(threads: 2, compression: Compression(), handlersStartOnEventLoop: true)
    settings.limits.bodyBytes = ResourceLimits.largestBody
    let server = HTTPServer(configuration: settings, renderError: api.render, handler: api.handle)
    let served = try await server.listen(on: ListenAddress.tcp(host: host, port: port), tls: tls) ?? port
    let kubeconfig = options.kubeconfig ?? options.dataDir + "/kubeconfig"
    let certificates = try await pool.run {
      try ClusterCertificates(
        files, address, tls, shown: issued,
        Kubeconfig(path: kubeconfig, server: "https://\(address.local):\(served)"), pool)
    }

    let objects = ServerObjects(registry)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        try await api.run { Log.info("API served on \(host):\(served); kubeconfig \(kubeconfig)") }
      }
      for controller in ClusterControllers.all(
        objects, certificates, authorizer: authorizer, address: "\(address.advertised):\(served)")
      {
        group.addTask { await controller() }
      }
      group.addTask { try await certificates.run() }
      group.addTask { try await Self.compact(cluster) }
      group.addTask { for await failure in failures.stream { throw failure } }
      group.addTask {
        try await Self.waitForSignal(signals)
        throw CancellationError()
      }
      defer { group.cancelAll() }
      do { while try await group.next() != nil {} } catch is CancellationError {}
    }
    Log.info("shutting down")
    await server.shutdown(within: Self.shutdownTime)
    await clients.shutdown()
    await cluster.close()
  }

  /// How long what was replaced or removed can still be read: kube-apiserver's own interval.
  private static let compactionInterval = Duration.seconds(300)

  /// Keeps the store from growing without end.
  private static func compact(_ cluster: ClusterStore) async throws {
    var revision = cluster.revision
    while true {
      try await Task.sleep(for: compactionInterval)
      do { try await cluster.compact(upTo: revision) } catch {
        Log.warning("compacting the store: \(error)")
        continue
      }
      revision = cluster.revision
    }
  }

  private static func waitForSignal(_ signals: SignalStream) async throws {
    let reactor = try Reactor(name: "apus-signals")
    while true {
      try await reactor.waitReadable(signals.descriptor)
      if try signals.next() != nil { return }
    }
  }
}
