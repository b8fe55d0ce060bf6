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

  @OptionGroup var place: ServerPlace
  @OptionGroup var options: ServerOptions

  private static let shutdownTime = Duration.seconds(5)

  func run() async throws {
    guard options.datastoreEndpoint.isEmpty || place.snapshot == nil && place.restore == nil else {
      throw ValidationError("--snapshot and --restore are for the embedded store: use etcdctl for etcd")
    }
    let signals = try SignalStream(EndingSignals.all)
    SignalStream.ignoreBrokenPipes()
    SystemFacts.raiseOpenFileLimit()
    Log.level = Self.levels[place.logLevel] ?? .info
    let pool = try BlockingPool(name: "apus-files")
    let directory = try await Self.makeDirectory(in: place.dataDir, pool)
    if let snapshot = place.restore {
      let contents = try await StoreSnapshot.restore(snapshot, to: directory + "/state.db")
      Log.info("restored \(snapshot): \(contents)")
      return
    }
    guard let snapshot = place.snapshot else {
      return try await Self.serve(options, dataDirectory: place.dataDir, pool) { try await EndingSignals.wait(signals) }
    }
    let store = try await Self.openStore(options, directory)
    do { try await store.snapshot(to: snapshot) } catch {
      await store.close()
      throw error
    }
    await store.close()
    Log.info("wrote the snapshot \(snapshot)")
  }

  private static let levels: [String: Log.Level] = ["debug": .debug, "info": .info, "warn": .warning, "error": .error]

  private static func makeDirectory(in dataDirectory: String, _ pool: BlockingPool) async throws -> String {
    let directory = dataDirectory + "/cluster"
    try await pool.run { try FileSystem.makeDirectories(directory, mode: 0o700) }
    return directory
  }

  private static func openStore(_ options: ServerOptions, _ directory: String) async throws -> any RevisionedStore {
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

  /// Serves the cluster's API and runs its controllers.
  /// - Parameters:
  ///   - dataDirectory: where the state and the kubeconfig are.
  ///   - ended: returns when it is time to end in good order.
  static func serve(
    _ options: ServerOptions, dataDirectory: String, _ pool: BlockingPool,
    until ended: @escaping @Sendable () async throws -> Void
  ) async throws {
    let directory = try await makeDirectory(in: dataDirectory, pool)
    let store = try await openStore(options, directory)
    do { try await serve(store, options, dataDirectory, pool, ended) } catch {
      await Shielded.run { await store.close() }
      throw error
    }
  }

  private static func serve(
    _ store: any RevisionedStore, _ options: ServerOptions, _ dataDirectory: String, _ pool: BlockingPool,
    _ ended: @escaping @Sendable () async throws -> Void
  ) async throws {
    let directory = dataDirectory + "/cluster"
    let issuer = options.authentication.serviceAccountIssuer
    let isShared = !options.datastoreEndpoint.isEmpty
    let secrets = try await ServerSecrets.load(options, store, directory: directory + "/pki", pool)
    let files = secrets.files
    let network = try options.serviceNetwork()
    let address = try await pool.run { ServerAddress(options, network) }
    let issued = try files.serverCertificate(address)
    let tls = try ServerTLS(
      certificateChain: issued.certificatePEM, privateKey: issued.keyPEM, clientAuthorities: files.authorities.bundle)

    let failures = AsyncStream.makeStream(of: (any Error).self)
    let cluster = try await ClusterStore(store, isShared: isShared) { failures.continuation.yield($0) }
    let kinds = try BuiltinKinds.load()
    let catalog = ResourceCatalog(kinds)
    let accounts = ServiceAccounts(cluster, tokens: files.tokens, audiences: [issuer])
    let late = LateRegistry()
    let rbac = RBACAuthorizer { late.registry }
    let authorizer = AuthorizerChain([MastersAuthorizer(), NodeAuthorizer(cluster), rbac])
    let quota = ResourceQuota(cluster)
    let plugins = AdmissionPlugins(
      enabled: ServerOptions.names(options.enableAdmissionPlugins),
      disabled: ServerOptions.names(options.disableAdmissionPlugins))
    let outbound = OutboundClient(cluster)
    let admission = try ClusterAdmission.chain(
      cluster, authorizer: authorizer, quota: quota, outbound: outbound, plugins: plugins
    ) { late.registry }
    let registry = Registry(
      store: cluster, catalog: catalog, kinds: kinds, admission: admission,
      services: ServiceAllocator(network, store: cluster), outbound: outbound)
    late.set(registry)
    let aggregation = Aggregation(
      cluster, client: outbound, proxy: secrets.frontProxy.proxy, clientAuthority: files.authorities.bundle)
    let (host, port) = try options.listenAddress()
    let audit = try await options.audit.open(pool)
    let clients = try await ServerAuthentication(options.authentication, cluster, accounts, pool)
    let api = APIServer(
      registry: registry, authenticator: clients.authenticator, authorizer: authorizer,
      flowControl: options.flowControl, requestTime: options.requestTime, audit: audit,
      allowsAnonymous: options.anonymousAuth, accounts: accounts, aggregation: aggregation,
      address: "\(address.advertised):\(port)", version: ServerVersion(build: "apus.\(Version.text)"))
    var settings = ServerConfiguration(threads: 2, compression: Compression(), handlersStartOnEventLoop: true)
    settings.limits.bodyBytes = ResourceLimits.largestBody
    settings.handlerTime = api.allottedTime
    let server = HTTPServer(configuration: settings, renderError: api.render, handler: api.handle)
    let served = try await server.listen(on: ListenAddress.tcp(host: host, port: port), tls: tls) ?? port
    let kubeconfig = options.kubeconfig ?? dataDirectory + "/kubeconfig"
    let certificates = try await pool.run {
      try ClusterCertificates(
        secrets, address, tls, shown: issued,
        Kubeconfig(path: kubeconfig, server: "https://\(address.local):\(served)"), pool)
    }

    let objects = ServerObjects(registry)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        try await api.run(
          at: ServerLocation(address: address.reachable, port: served, isShared: isShared),
          report: { Log.warning($0) }
        ) { Log.info("API served on \(host):\(served); kubeconfig \(kubeconfig)") }
      }
      let controllers = { @Sendable in
        await ClusterControllers.run(
          ClusterControllers.all(
            objects, certificates, authorizer: authorizer, quota: quota, address: "\(address.published):\(served)")
            + [{ await Self.compact(cluster) }])
      }
      group.addTask {
        guard isShared else { return await controllers() }
        await ClusterControllers.election(objects) { Log.info($0) }.run(controllers)
      }
      group.addTask { try await certificates.run() }
      group.addTask {
        for await bundle in certificates.authorities().dropFirst() {
          do { try await aggregation.publish(clientAuthority: bundle, registry) } catch {
            Log.warning("telling other API servers of the cluster's authorities: \(error)")
          }
        }
      }
      group.addTask { for await failure in failures.stream { throw failure } }
      group.addTask {
        try await ended()
        throw CancellationError()
      }
      defer { group.cancelAll() }
      do { while try await group.next() != nil {} } catch is CancellationError {}
    }
    Log.info("shutting down")
    api.becomeUnready()
    await Shielded.run {
      await server.shutdown(within: Self.shutdownTime)
      await audit?.close()
      await clients.shutdown()
      await outbound.close()
      await cluster.close()
    }
  }

  /// How long what was replaced or removed can still be read: kube-apiserver's own interval.
  private static let compactionInterval = Duration.seconds(300)

  /// Keeps the store from growing without end.
  private static func compact(_ cluster: ClusterStore) async {
    var revision = cluster.revision
    while true {
      do { try await Task.sleep(for: compactionInterval) } catch { return }
      do { try await cluster.compact(upTo: revision) } catch {
        Log.warning("compacting the store: \(error)")
        continue
      }
      revision = cluster.revision
    }
  }
}
