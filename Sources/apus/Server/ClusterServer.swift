import APIServer
import AsyncWork
import ClusterAPI
import ContainerEngine
import Controllers
import HTTPService
import KeyValueStore
import Linux
import PKI

/// The cluster's API server with its controllers: put together step by step, and taken apart whatever step fails.
struct ClusterServer: Sendable {
  private let flags: any ServerFlags
  private let dataDirectory: String
  private let pool: BlockingPool
  private let teardown = Teardown()

  /// Bytes of free memory that are kept for what many watches are told next.
  private static let keptMemory = 1 << 20

  /// How long requests may take to finish when the server ends.
  private static let shutdownTime = Duration.seconds(5)

  /// - Parameters:
  ///   - dataDirectory: where the state and the kubeconfig are.
  ///   - pool: does what blocks.
  init(_ flags: any ServerFlags, dataDirectory: String, _ pool: BlockingPool) {
    self.flags = flags
    self.dataDirectory = dataDirectory
    self.pool = pool
  }

  private var options: ServerOptions { flags.options }

  /// Where the state and the secrets are.
  static func makeDirectory(in dataDirectory: String, _ pool: BlockingPool) async throws -> String {
    let directory = dataDirectory + "/cluster"
    try await pool.run { try FileSystem.makeDirectories(directory, mode: 0o700) }
    return directory
  }

  /// Serves until it is time to end, and ends in good order: it is ready no longer, takes nothing new, lets what is under way
  /// finish, and closes the store last.
  /// - Parameter ended: returns when it is time.
  func serve(until ended: @escaping @Sendable () async throws -> Void) async throws {
    Allocator.keepFreed(upTo: Self.keptMemory)
    do {
      let directory = try await Self.makeDirectory(in: dataDirectory, pool)
      let store = try await Datastore.open(flags.datastore, in: directory, pool)
      let state = try await state(store)
      let identity = try await identity(store, directory)
      let core = try await core(state, identity)
      let front = try await front(core, state, identity)
      try await work(core, identity, front, state, until: ended)
    } catch {
      await teardown.run()
      throw error
    }
    await teardown.run()
  }

  // MARK: Steps

  /// Who the server is: its secrets, its addresses and its first certificate.
  private struct Identity {
    let secrets: ServerSecrets
    let network: ServiceNetwork
    let address: ServerAddress
    let certificate: IssuedCertificate
    let serving: ServingCertificate
    let named: NamedCertificates
    let clients: ClientTrust
    /// Nil where nobody asks for others.
    let proxies: ClientTrust?
    let tls: ServerTLS

    var files: ClusterFiles { secrets.files }
  }

  private func identity(_ store: any RevisionedStore, _ directory: String) async throws -> Identity {
    let secrets = try await ServerSecrets.load(flags, store, directory: directory + "/pki", pool)
    let files = secrets.files
    let network = try options.serviceNetwork()
    let address = try await pool.run { [options] in try ServerAddress(options, network) }
    let certificate = try files.serverCertificate(address)
    let clients = try await ClientTrust(files.authorities, file: flags.authentication.clientCAFile, pool)
    let proxies = try await ClientTrust.proxies(flags.requestHeaders, pool)
    for warning in flags.requestHeaders.warnings { Log.warning(warning) }
    let serving = try await ServingCertificate(flags.connections, pool)
    let named = try await NamedCertificates(flags.connections.namedCertificates(), pool)
    let shown = serving.pair ?? .init(chain: certificate.certificatePEM, key: certificate.keyPEM)
    let tls = try ServerTLS(
      certificateChain: shown.chain, privateKey: shown.key, named: named.certificates,
      clientAuthorities: clients.bundle, proxyAuthorities: proxies?.bundle,
      restrictions: flags.connections.restrictions())
    return Identity(
      secrets: secrets, network: network, address: address, certificate: certificate, serving: serving, named: named,
      clients: clients, proxies: proxies, tls: tls)
  }

  /// The cluster's objects, and what tells that they can be followed no longer.
  private struct State {
    let cluster: ClusterStore
    let kinds: BuiltinKinds
    let enablement: APIEnablement
    /// Nil where objects are stored as they are.
    let encryption: ServerEncryption?
    let failures: AsyncStream<any Error>
  }

  /// Whether other servers serve the same cluster.
  private var isShared: Bool { flags.datastore.isShared }

  private func state(_ store: any RevisionedStore) async throws -> State {
    let (failures, continuation) = AsyncStream.makeStream(of: (any Error).self)
    let cluster: ClusterStore
    let kinds: BuiltinKinds
    let enablement: APIEnablement
    let encryption: ServerEncryption?
    do {
      kinds = try BuiltinKinds.load()
      enablement = try options.enablement(kinds)
      encryption = try await ServerEncryption.read(flags.encryption, kinds, pool)
      if let encryption { teardown.add("connections to KMS plugins") { await encryption.encryption.stop() } }
      cluster = try await ClusterStore(
        store, isShared: isShared, encryption: encryption?.encryption, report: { Log.error($0) }
      ) { continuation.yield($0) }
    } catch {
      await store.close()
      throw error
    }
    teardown.add("the store") { await cluster.close() }
    return State(
      cluster: cluster, kinds: kinds, enablement: enablement, encryption: encryption, failures: failures)
  }

  /// What makes and judges objects.
  private struct Core {
    let registry: Registry
    let authorization: ServerAuthorization
    let quota: ResourceQuota
    let outbound: OutboundClient
    let accounts: ServiceAccounts

    var authorizer: any Authorizer { authorization.authorizer }
  }

  private func core(_ state: State, _ identity: Identity) async throws -> Core {
    let (cluster, kinds) = (state.cluster, state.kinds)
    let accounts = ServiceAccounts(
      cluster, tokens: identity.files.tokens, audiences: flags.authentication.audiences,
      terms: flags.authentication.tokenTerms)
    let late = LateRegistry()
    let outbound = OutboundClient(cluster)
    teardown.add("connections to webhooks and other API servers") { await outbound.close() }
    let authorization = try await ServerAuthorization(flags.authorization, cluster, client: outbound, pool) {
      late.registry
    }
    let told = try await pool.run { [options] in try options.admissionConfiguration() }
    let quota = ResourceQuota(cluster, told.quota)
    let plugins = AdmissionPlugins(
      enabled: ServerOptions.names(options.enableAdmissionPlugins),
      disabled: ServerOptions.names(options.disableAdmissionPlugins))
    let metrics = AdmissionMetrics()
    let admission = try ClusterAdmission.chain(
      cluster, authorizer: authorization.authorizer, quota: quota, outbound: outbound, plugins: plugins, told,
      tolerations: options.tolerations, metrics: metrics
    ) { late.registry }
    let registry = Registry(
      store: cluster, catalog: ResourceCatalog(kinds, serving: state.enablement), kinds: kinds, admission: admission,
      admissionMetrics: metrics, watchSeconds: Int64(options.minRequestTimeout),
      services: ServiceAllocator(identity.network, store: cluster), outbound: outbound,
      eventLifetime: options.eventLifetime)
    late.set(registry)
    return Core(
      registry: registry, authorization: authorization, quota: quota, outbound: outbound, accounts: accounts)
  }

  /// What clients meet.
  private struct Front {
    let api: APIServer
    let aggregation: Aggregation
    let certificates: ClusterCertificates
    let authentication: ServerAuthentication
    let host: String
    let port: Int
    let kubeconfig: String
  }

  private func front(
    _ core: Core, _ state: State, _ identity: Identity
  ) async throws -> Front {
    let cluster = state.cluster
    let proxies = flags.requestHeaders.proxies(authorities: identity.proxies?.bundle)
    let aggregation = Aggregation(
      cluster, client: core.outbound, proxy: identity.files.frontProxy.proxy,
      clientAuthority: identity.clients.bundle, proxies: proxies)
    let (host, port) = try options.listenAddress()
    let audit = try await flags.audit.open(flags.auditLog, flags.auditWebhook, core.outbound, pool)
    teardown.add("the audit log") { await audit?.close() }
    let clients = try await ServerAuthentication(
      flags.authentication, proxies: proxies, cluster, core.accounts, client: core.outbound, pool)
    teardown.add("authentication") { await clients.shutdown() }
    let api = APIServer(
      registry: core.registry, authenticator: clients.authenticator, authorizer: core.authorizer,
      flowControl: options.flowControl, inFlightLimits: options.inFlightLimits,
      crossOrigin: try flags.connections.crossOrigin(), requestTime: options.requestTime,
      goAwayChance: flags.connections.goawayChance, audit: audit,
      anonymous: clients.anonymous, proxyHeaders: proxies?.headers,
      strictTransportSecurity: flags.connections.strictTransportSecurityDirectives, accounts: core.accounts,
      aggregation: aggregation, healthChecks: state.encryption?.healthChecks ?? [],
      startGrace: options.startGrace,
      address: "\(identity.address.advertised):\(port)", version: ServerVersion(build: "apus.\(Version.text)"),
      flags: GivenFlags.read(Program.arguments.dropFirst()))
    // kube-apiserver's limit, and as many fields as somebody can have groups: who acts as others names each of theirs.
    let limits = RequestLimits(headerBytes: 1 << 20, headerFields: 16_384)
    var settings = ServerConfiguration(
      limits: limits, threads: 2, compression: Compression(), handlersStartOnEventLoop: true)
    // Bodies have no limit of the service's own: this server reads none beyond its limit, and others behind it have theirs.
    settings.handlerTime = api.allottedTime
    let streams = flags.connections.http2MaxStreamsPerConnection
    if streams > 0 { settings.http2.concurrentStreams = streams }
    let server = HTTPServer(configuration: settings, renderError: api.render, handler: api.handle)
    teardown.add("the listener") { await server.shutdown(within: Self.shutdownTime) }
    let served = try await server.listen(on: ListenAddress.tcp(host: host, port: port), tls: identity.tls) ?? port
    let kubeconfig = options.kubeconfig ?? dataDirectory + "/kubeconfig"
    let certificates = try await pool.run { [pool] in
      try ClusterCertificates(
        identity.secrets, identity.address, identity.tls, identity.clients, identity.serving,
        issued: identity.certificate,
        Kubeconfig(path: kubeconfig, server: "https://\(identity.address.local):\(served)"), pool)
    }
    return Front(
      api: api, aggregation: aggregation, certificates: certificates, authentication: clients, host: host,
      port: served, kubeconfig: kubeconfig)
  }

  // MARK: Work

  /// Everything that goes on side by side, until it is time to end or one part fails.
  private func work(
    _ core: Core, _ identity: Identity, _ front: Front, _ state: State,
    until ended: @escaping @Sendable () async throws -> Void
  ) async throws {
    let (api, certificates) = (front.api, front.certificates)
    let location = ServerLocation(
      address: identity.address.reachable, port: front.port, isShared: isShared)
    let objects = ServerObjects(core.registry)
    let all = ClusterControllers.all(
      objects, front.aggregation.objects, certificates, authorizer: core.authorizer, quota: core.quota,
      address: "\(identity.address.published):\(front.port)")
    let (options, started) = (options, "API served on \(front.host):\(front.port); kubeconfig \(front.kubeconfig)")
    try await withThrowingTaskGroup(of: Void.self) { group in
      // What controllers see of the objects that are there is to be all of them.
      let (defined, allDefined) = AsyncStream.makeStream(of: Never.self)
      group.addTask {
        try await api.run(
          at: location, report: { Log.warning($0) }, whenDefined: { allDefined.finish() },
          whenReady: { Log.info(started) })
      }
      let controllers = { @Sendable in
        for await _ in defined {}
        await ClusterControllers.run(all + [{ await Compaction(state.cluster).run() }])
      }
      group.addTask { [isShared] in
        guard isShared else { return await controllers() }
        await ClusterControllers.election(objects, front.aggregation.objects) { Log.info($0) }.run(controllers)
      }
      group.addTask { try await certificates.run() }
      group.addTask { [pool] in
        await identity.serving.run(identity.tls, pool) { try await certificates.trustChanged() }
      }
      group.addTask { [pool] in await identity.named.run(identity.tls, pool) }
      group.addTask { [pool] in await front.authentication.run(pool) }
      group.addTask { [pool] in await core.authorization.run(pool) }
      group.addTask {
        for await _ in certificates.authorities().dropFirst() {
          do { try await front.aggregation.publish(clientAuthority: identity.clients.bundle, core.registry) } catch {
            Log.warning("telling other API servers of the cluster's authorities: \(error)")
          }
        }
      }
      group.addTask { [pool] in
        await identity.clients.run(pool) { bundle in
          try identity.tls.replace(clientAuthorities: bundle)
          try await front.aggregation.publish(clientAuthority: bundle, core.registry)
        }
      }
      group.addTask { [pool] in
        await identity.proxies?.run(pool) { bundle in
          try identity.tls.replace(proxyAuthorities: bundle)
          try await front.aggregation.publish(proxyAuthority: bundle, core.registry)
        }
      }
      group.addTask { [pool] in await state.encryption?.run(state.cluster, pool) }
      group.addTask { for await failure in state.failures { throw failure } }
      group.addTask {
        try await ended()
        api.becomeUnready()
        await Self.linger(for: options.shutdownDelay)
        if options.shutdownSendRetryAfter { await Shielded.run { await api.finishRequests() } }
        throw CancellationError()
      }
      defer { group.cancelAll() }
      do { while try await group.next() != nil {} } catch is CancellationError {}
    }
    api.becomeUnready()
    Log.info("shutting down")
  }

  /// Goes on serving until whoever sends requests has noticed that the server is not ready.
  private static func linger(for delay: Duration) async {
    guard delay > .zero else { return }
    Log.info("not ready any more; requests are taken for another \(delay)")
    // Another signal ends the process; nothing else cuts this short.
    await Shielded.run { try? await Task.sleep(for: delay) }
  }
}
