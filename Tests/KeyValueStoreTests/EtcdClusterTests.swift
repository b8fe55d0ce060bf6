import KeyValueStore
import Linux
import Testing

/// The client against a cluster of several members, and against those that want to know who asks.
@Suite("Etcd clusters", .serialized, .enabled(if: EtcdServer.isThere, "etcd is missing: install etcd-server"))
struct EtcdClusterTests {
  /// Members go and come one after the other: what was acknowledged stays, and a watch tells everything once.
  @Test(.timeLimit(.minutes(2))) func aWatchOutlivesItsMembers() async throws {
    try await EtcdServer.with(members: 3) { server in
      let store = EtcdStore(try server.location)
      let base = try await store.revision()
      let watch = store.watch(prefix: "k/", from: base + 1)
      var written: [String] = []
      for victim in 0..<3 {
        for number in 0..<20 {
          if number == 5 { server.kill(victim) }
          // Each key is made once; where it is not known whether it was, the conflict tells.
          let key = "k/\(victim)/\(number)"
          try await eventually {
            do throws(StoreError) {
              try await store.commit([.put(key: key, value: [])], where: [.modRevision(key: key, equals: 0)])
              return true
            } catch {
              #expect(error.code == .unavailable || error.conflict != nil, "\(error)")
              return error.conflict?.current != nil
            }
          }
          written.append(key)
        }
        // Most must be there always.
        try server.start(victim)
        let alone = try EtcdStore(EtcdConfiguration(endpoints: [try server.endpoint(victim)]))
        try await eventually { (try? await alone.revision()) != nil }
        await alone.close()
      }
      let batches = try await watch.next(written.count)
      #expect(batches.flatMap { $0.events.map(\.key) } == written)
      #expect(zip(batches, batches.dropFirst()).allSatisfy { $0.revision < $1.revision })
      watch.cancel()
      await store.close()
    }
  }

  @Test(.timeLimit(.minutes(1))) func aUserDoesWhatItsRoleAllows() async throws {
    try await EtcdServer.with { server in
      try server.control(["user", "add", "root:geheim"])
      try server.control(["user", "grant-role", "root", "root"])
      try server.control(["role", "add", "pods"])
      try server.control(["role", "grant-permission", "pods", "--prefix=true", "readwrite", "/registry/pods/"])
      try server.control(["user", "add", "apus:secret"])
      try server.control(["user", "grant-role", "apus", "pods"])
      try server.control(["auth", "enable"])
      for wrong in [EtcdConfiguration.Credentials(user: "apus", password: "x"), nil] {
        #expect(try await Self.refusal(server, wrong)?.code == .denied)
      }
      let apus = try Self.store(server, .init(user: "apus", password: "secret"))
      let first = try await apus.put("/registry/pods/default/a", [1])
      #expect(await fault { () throws(StoreError) in try await apus.put("/registry/secrets/a", [1]) }?.code == .denied)
      let watch = apus.watch(prefix: "/registry/pods/", from: first)
      #expect(try await watch.next(1).map(\.revision) == [first])
      #expect(await Self.refusal(of: apus.watch(prefix: "/registry/", from: first))?.code == .denied)
      // A member that starts again knows no token any more: the password is shown again, and the watch goes on.
      server.kill()
      try server.start()
      try await eventually { (try? await apus.get("/registry/pods/default/a")) != nil }
      let second = try await apus.put("/registry/pods/default/a", [2])
      #expect(try await watch.next(1).map(\.revision) == [second])
      watch.cancel()
      await apus.close()
    }
  }

  private static func store(
    _ server: EtcdServer, _ credentials: EtcdConfiguration.Credentials?
  ) throws -> EtcdStore {
    try EtcdStore(EtcdConfiguration(endpoints: [try server.endpoint()], credentials: credentials))
  }

  private static func refusal(
    _ server: EtcdServer, _ credentials: EtcdConfiguration.Credentials?
  ) async throws -> StoreError? {
    let nobody = try store(server, credentials)
    let error = await fault { () throws(StoreError) in _ = try await nobody.list(prefix: "/registry/pods/") }
    await nobody.close()
    return error
  }

  private static func refusal(of watch: StoreWatch) async -> StoreError? {
    await fault { () throws(StoreError) in
      var iterator = watch.makeAsyncIterator()
      _ = try await iterator.next()
    }
  }

  @Test(.enabled(if: Certificates.canBeMade, "openssl is missing"), .timeLimit(.minutes(1)))
  func membersAndWeProveWhoWeAre() async throws {
    try await withTemporaryDirectory { directory in
      let files = try Certificates(directory)
      let server = EtcdServer(
        directory: directory,
        options: [
          "--cert-file", files.server.certificate, "--key-file", files.server.key, "--trusted-ca-file", files.authority,
          "--client-cert-auth",
        ], isSecure: true)
      func store(_ tls: EtcdConfiguration.TLS?) throws -> EtcdStore {
        try EtcdStore(EtcdConfiguration(endpoints: [try server.endpoint()], prefix: "/apus/", tls: tls))
      }
      try await server.run {
        let good = try store(
          .init(authorities: files.authority, certificate: files.client.certificate, key: files.client.key))
        try await eventually { (try? await good.revision()) != nil }
        let revision = try await good.put("a", [1])
        #expect(try await good.watch(prefix: "", from: revision).next(1).map(\.revision) == [revision])
        for bad in [
          EtcdConfiguration.TLS(authorities: files.authority),
          .init(authorities: files.other.authority, certificate: files.client.certificate, key: files.client.key),
          .init(authorities: files.authority, certificate: files.other.certificate, key: files.other.key),
        ] {
          let stranger = try store(bad)
          #expect(await fault { () throws(StoreError) in _ = try await stranger.get("a") }?.code == .unavailable)
          await stranger.close()
        }
        await good.close()
      }
      for (tls, word) in [
        (EtcdConfiguration.TLS(authorities: directory + "/none"), "none"), (.init(certificate: files.authority), "key"),
        (.init(authorities: files.client.key), files.client.key),
        (.init(certificate: files.client.certificate, key: files.authority), files.authority),
      ] {
        let error = await fault { () throws(StoreError) in _ = try EtcdStore(.init(endpoints: [], tls: tls)) }
        #expect(error?.code == .failed && error?.message.contains(word) == true)
      }
    }
  }

  @Test(arguments: [
    ("http://a", "http://a:2379"), ("https://a:1/", "https://a:1"), ("a:5", "http://a:5"),
    ("https://[fd00::1]", "https://[fd00::1]:2379"),
  ])
  func endpoints(text: String, shown: String) { #expect(EtcdConfiguration.Endpoint(text)?.description == shown) }

  @Test(arguments: ["", "http://", "ftp://a", "http://a/x", "http://a:0", "https://u@a"])
  func noEndpoints(text: String) { #expect(EtcdConfiguration.Endpoint(text) == nil) }
}
