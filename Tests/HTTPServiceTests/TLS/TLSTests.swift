import Linux
import NIOCore
import NIOSSL
import Synchronization
import Testing

@testable import HTTPService

@Suite(.timeLimit(.minutes(1))) struct TLSTests {
  /// Says what the server knows about its client.
  static let whoAmI: Handler = { request in
    guard let tls = request.connection.tls else { return Response(.ok, text: "plain") }
    let client =
      switch tls.client {
      case .anonymous: "anonymous"
      case .refused(let reason): "refused: \(reason)"
      case .verified(let certificate):
        "\(certificate.commonName ?? "-") of \(certificate.organizations.joined(separator: "+")) "
          + "no. \(certificate.serialNumber.map { String($0, radix: 16) }.joined())"
      }
    return Response(.ok, text: "\(tls.version) \(tls.applicationProtocol ?? "-") \(client)")
  }

  @Test func servesOverTLS() async throws {
    try await TLSFixture.with(handler: Self.whoAmI) { fixture in
      let answers = [
        try await fixture.get(), try await fixture.get(version: .tlsv12), try await fixture.get(protocols: []),
      ]
      #expect(answers == ["v13 http/1.1 anonymous", "v12 http/1.1 anonymous", "v13 - anonymous"])
    }
  }

  @Test func refusesOldVersionsAndStrangers() async throws {
    try await TLSFixture.with(handler: Self.whoAmI) { fixture in
      await #expect(throws: (any Error).self) {
        let client = try await fixture.client(version: .tlsv11)
        try await client.send("GET / HTTP/1.1\r\nHost: d\r\n\r\n")
      }
      for bytes in [
        [UInt8](repeating: 0xFF, count: 100), [0x16, 0x03, 0x01, 0xFF, 0xFF] + [UInt8](repeating: 0, count: 70),
      ] {
        let client = try await RawClient(port: fixture.port)
        try await client.send(bytes: bytes)
        _ = try await client.receiveToEnd()
        try await client.close()
      }
      #expect(try await fixture.get() == "v13 http/1.1 anonymous")
    }
  }

  @Test func versionsAndCiphersCanBeRestricted() async throws {
    let newest = try TLSRestrictions(minimumVersion: .v13)
    try await TLSFixture.with(restrictions: newest, handler: Self.whoAmI) { fixture in
      let answers = [try await fixture.get(), try? await fixture.get(version: .tlsv12)]
      #expect(answers == ["v13 http/1.1 anonymous", nil])
    }
    for (name, isFor) in [
      ("TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", true), ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", false),
    ] {
      // The key of the server is an elliptic one: a cipher for RSA alone leaves nothing to agree on.
      let one = try TLSRestrictions(ciphers: [name])
      try await TLSFixture.with(restrictions: one, handler: Self.whoAmI) { fixture in
        let answer = try? await fixture.get(version: .tlsv12)
        #expect(answer == (isFor ? "v12 http/1.1 anonymous" : nil))
        let newest = try await fixture.get()
        #expect(newest == "v13 http/1.1 anonymous", "those of TLS 1.3 are not chosen")
        // What is restricted stays so when another certificate is shown.
        try fixture.tls.replace(clientAuthorities: nil)
        let again = try? await fixture.get(version: .tlsv12)
        #expect(again == answer)
      }
    }
    let old = try TLSRestrictions(ciphers: ["TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "TLS_AES_128_GCM_SHA256"])
    try await TLSFixture.with(restrictions: old, handler: Self.whoAmI) { fixture in
      let answer = try await fixture.get()
      #expect(answer == "v13 http/1.1 anonymous")
    }
    // Names from before the standard are the same ciphers; those of TLS 1.3 alone leave nothing to TLS 1.2.
    let other = try TLSRestrictions(ciphers: ["TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305"])
    try await TLSFixture.with(restrictions: other, handler: Self.whoAmI) { fixture in
      let answer = try await fixture.get(version: .tlsv12)
      #expect(answer == "v12 http/1.1 anonymous")
    }
    let fixed = try TLSRestrictions(ciphers: ["TLS_AES_256_GCM_SHA384"])
    try await TLSFixture.with(restrictions: fixed, handler: Self.whoAmI) { fixture in
      let answers = [try await fixture.get(), try? await fixture.get(version: .tlsv12)]
      #expect(answers == ["v13 http/1.1 anonymous", nil])
    }
    for name in ["TLS_RSA_WITH_AES_128_CBC_SHA", "", "ECDHE"] {
      #expect(throws: HTTPServiceError.self) { _ = try TLSRestrictions(ciphers: [name]) }
    }
  }

  @Test func aPlainRequestIsToldSo() async throws {
    try await TLSFixture.with(handler: Self.whoAmI) { fixture in
      let client = try await RawClient(port: fixture.port)
      try await client.send("GET / HTTP/1.1\r\nHost: d\r\n\r\n")
      let answer = try await client.receiveToEnd()
      #expect(answer == "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n")
      try await client.close()
    }
  }

  @Test func aHandshakeThatDoesNotEndIsEnded() async throws {
    try await TLSFixture.with(handshakeTimeout: .milliseconds(50), handler: Self.whoAmI) { fixture in
      for bytes in [[], [0x16, 0x03, 0x01]] as [[UInt8]] {
        let client = try await RawClient(port: fixture.port)
        // On a busy machine the time is over before this is sent.
        do { if !bytes.isEmpty { try await client.send(bytes: bytes) } } catch {}
        #expect(try await client.receiveToEnd() == "")
        try await client.close()
      }
    }
  }

  @Test func shutdownDoesNotWaitForHandshakes() async throws {
    try await TLSFixture.with(handler: Self.whoAmI) { fixture in
      let client = try await RawClient(port: fixture.port)
      try await client.send(bytes: [0x16, 0x03, 0x01])
      while fixture.server.connectionCount == 0 { await Task.yield() }
      await fixture.server.shutdown(within: .seconds(60))
      #expect(try await client.receiveToEnd() == "")
      try await client.close()
    }
  }

  @Test func movesMuchInBothDirections() async throws {
    let handler: Handler = { request in
      let body = try await request.body.collectBuffer(upTo: 1 << 24)
      return .stream { writer in
        var rest = body
        while let piece = rest.readSlice(length: min(rest.readableBytes, 100_000)), piece.readableBytes > 0 {
          try await writer.write(buffer: piece)
        }
      }
    }
    try await TLSFixture.with(handler: handler) { fixture in
      let body = String(repeating: "0123456789abcdef", count: 500_000)
      let client = try await fixture.client()
      try await client.send("POST / HTTP/1.0\r\nContent-Length: \(body.utf8.count)\r\n\r\n" + body)
      let answer = try await client.receiveToEnd()
      #expect(answer.hasSuffix("\r\n\r\n" + body))
      try await client.close()
    }
  }

  /// What is sent at once is encrypted part by part.
  @Test func answersWithMuchAtOnce() async throws {
    let body = String(repeating: "0123456789abcdef", count: 500_000)
    try await TLSFixture.with(handler: { _ in Response(.ok, text: body) }) { fixture in
      let client = try await fixture.client()
      try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.0\r\n\r\n")
      let answers = try await client.receiveToEnd().split(separator: "\r\n\r\n")
      #expect(answers.count == 3 && answers[1].hasPrefix(body) && answers[2] == body)
      try await client.close()
    }
  }

  // MARK: Certificates of clients

  @Test func knowsAClientByItsCertificate() async throws {
    let authority = try TestAuthority("client authority")
    let intermediate = try TestAuthority("intermediate", under: authority)
    let stranger = try TestAuthority("somebody")
    let pem = try authority.pem
    try await TLSFixture.with(clientAuthorities: pem, handler: Self.whoAmI) { fixture in
      func answer(_ identity: TestAuthority.Issued?, _ version: TLSVersion = .tlsv13) async throws -> String {
        try await fixture.get(identity: identity, version: version)
      }
      #expect(try await answer(nil) == "v13 http/1.1 anonymous")
      let admin = try authority.issue("admin", organizations: ["system:masters", "staff"], client: true)
      #expect(try await answer(admin) == "v13 http/1.1 admin of system:masters+staff no. 123456")
      #expect(try await answer(admin, .tlsv12) == "v12 http/1.1 admin of system:masters+staff no. 123456")
      let node = try intermediate.issue("node", client: true)
      #expect(try await answer(node) == "v13 http/1.1 node of  no. 123456")
      let refused: [(TestAuthority.Issued, String)] = [
        (try stranger.issue("x", client: true), "signed by an unknown authority"),
        (try authority.issue("x", client: false), "the certificate is not meant for clients"),
        (try authority.issue("x", client: true, from: -7200, to: -3600), "has expired"),
        (try authority.issue("x", client: true, from: 3600, to: 7200), "not valid yet"),
      ]
      for (identity, reason) in refused {
        let answer = try await answer(identity)
        #expect(answer.contains("refused: ") && answer.contains(reason))
      }
    }
  }

  @Test func aListenerWithoutAuthoritiesAsksForNothing() async throws {
    try await TLSFixture.with(handler: Self.whoAmI) { fixture in
      let identity = try TestAuthority("a").issue("admin", client: true)
      #expect(try await fixture.get(identity: identity) == "v13 http/1.1 anonymous")
    }
  }

  @Test func judgesAgainWhenTheAuthoritiesChange() async throws {
    let old = try TestAuthority("old")
    let new = try TestAuthority("new")
    try await TLSFixture.with(clientAuthorities: try old.pem, handler: Self.whoAmI) { fixture in
      let identity = try old.issue("admin", client: true)
      let client = try await fixture.client(identity: identity)
      let request = "GET / HTTP/1.1\r\nHost: d\r\n\r\n"
      try await client.send(request)
      #expect(try await client.receive(until: "123456").hasSuffix("admin of  no. 123456"))
      try fixture.tls.replace(clientAuthorities: try new.pem)
      try await client.send(request)
      #expect(try await client.receive(until: "authority").hasSuffix("refused: signed by an unknown authority"))
      #expect(throws: HTTPServiceError.self) { try fixture.tls.replace(clientAuthorities: "nonsense") }
      try fixture.tls.replace(clientAuthorities: try old.pem + "\n" + new.pem)
      try await client.send(request)
      #expect(try await client.receive(until: "123456").hasSuffix("admin of  no. 123456"))
      let other = try new.issue("other", client: true)
      #expect(try await fixture.get(identity: other).hasSuffix("other of  no. 123456"))
      try await client.close()
    }
  }

  @Test func showsANewCertificateToNewConnections() async throws {
    try await TLSFixture.with(handler: Self.whoAmI) { fixture in
      // A connection is open when it has had an answer: until then its handshake may still be going on.
      let open = try await fixture.client()
      try await open.send("GET / HTTP/1.1\r\nHost: d\r\n\r\n")
      #expect(try await open.receive(until: "anonymous").hasPrefix("HTTP/1.1 200 OK"))
      let authority = try TestAuthority("new")
      let issued = try authority.issue("localhost")
      try fixture.tls.replace(certificateChain: issued.chain, privateKey: issued.key)
      await #expect(throws: (any Error).self) {
        let client = try await fixture.client()
        try await client.send("GET / HTTP/1.1\r\nHost: d\r\n\r\n")
      }
      let pem = try authority.pem
      #expect(try await fixture.get(authorities: pem) == "v13 http/1.1 anonymous")
      try await open.send("GET / HTTP/1.1\r\nHost: d\r\n\r\n")
      #expect(try await open.receive(until: "anonymous").hasPrefix("HTTP/1.1 200 OK"))
      try await open.close()
    }
  }

  @Test func choosesACertificateByItsNames() throws {
    let authority = try TestAuthority("a")
    func named(_ common: String, _ names: String...) throws -> NamedCertificate {
      let issued = try authority.issue(common)
      return try NamedCertificate(certificateChain: issued.chain, privateKey: issued.key, names: names)
    }
    // What the certificate is for: the name of DNS and the common name.
    let read = try named("Read.example.com")
    #expect(read.names == ["localhost", "read.example.com"])
    let wide = try named("x", "*.example.com", "Exact.org")
    let late = try named("x", "exact.org", "read.example.com")
    let all = [read, wide, late]
    func found(_ name: String) -> Int? {
      NamedCertificate.find(name, among: all).flatMap { one in all.firstIndex { $0.names == one.names } }
    }
    #expect(found("LOCALHOST") == 0 && found("any.example.com") == 1 && found("exact.org") == 1)
    // Chosen names come before those that were read, and whole names before wide ones.
    #expect(found("read.example.com") == 2)
    #expect(found("a.b.example.com") == nil && found("example.com") == nil && found("") == nil)
    let one = try authority.issue("one")
    let other = try authority.issue("other")
    #expect(throws: HTTPServiceError.self) {
      try NamedCertificate(certificateChain: one.chain, privateKey: other.key)
    }
  }

  @Test func refusesWhatDoesNotFitTogether() throws {
    let one = try TestAuthority("a").issue("localhost")
    let other = try TestAuthority("a").issue("localhost")
    #expect(throws: HTTPServiceError.self) { try ServerTLS(certificateChain: one.chain, privateKey: other.key) }
    #expect(throws: HTTPServiceError.self) { try ServerTLS(certificateChain: "", privateKey: one.key) }
    #expect(throws: HTTPServiceError.self) {
      try ServerTLS(certificateChain: one.chain, privateKey: one.key, clientAuthorities: "")
    }
    let tls = try ServerTLS(certificateChain: one.chain, privateKey: one.key)
    #expect(throws: HTTPServiceError.self) { try tls.replace(certificateChain: other.chain, privateKey: one.key) }
  }

  /// Python's ssl keeps its sessions: the second connection is an abbreviated handshake.
  @Test(.enabled(if: Command.exists("/usr/bin/python3")), arguments: ["TLSv1_2", "TLSv1_3"])
  func knowsAClientThatResumesItsSession(version: String) async throws {
    let authority = try TestAuthority("client authority")
    let intermediate = try TestAuthority("intermediate", under: authority)
    try await TLSFixture.with(clientAuthorities: try authority.pem, handler: Self.whoAmI) { fixture in
      let identity = try intermediate.issue("node", organizations: ["nodes"], client: true)
      try FileSystem.write(fixture.directory + "/client.pem", (identity.key + "\n" + identity.chain).utf8)
      let program = """
        import socket, ssl
        context = ssl.create_default_context(cafile="\(fixture.authorityFile)")
        context.load_cert_chain("\(fixture.directory)/client.pem")
        context.minimum_version = context.maximum_version = ssl.TLSVersion.\(version)
        session = None
        for _ in range(3):
          raw = socket.create_connection(("127.0.0.1", \(fixture.port)))
          with context.wrap_socket(raw, server_hostname="localhost", session=session) as s:
            s.sendall(b"GET / HTTP/1.1\\r\\nHost: d\\r\\nConnection: close\\r\\n\\r\\n")
            answer = b""
            while piece := s.recv(4096): answer += piece
            session = s.session
            print(s.session_reused, answer.split(b"\\r\\n\\r\\n")[1].decode())
        """
      let (status, output) = try await Command.run("/usr/bin/python3", ["-c", program])
      let who = "\(version == "TLSv1_3" ? "v13" : "v12") - node of nodes no. 123456\n"
      #expect(status == 0)
      #expect(output == "False \(who)True \(who)True \(who)")
    }
  }

  /// Those of proxies vouch for nobody else, and clients' authorities for no proxy; each may be replaced by itself.
  @Test func proxiesHaveAuthoritiesOfTheirOwn() async throws {
    @Sendable func said(_ client: TLSInfo.Client) -> String {
      switch client {
      case .anonymous: "anonymous"
      case .refused: "refused"
      case .verified(let certificate): certificate.commonName ?? "-"
      }
    }
    let (clients, proxies) = (try TestAuthority("clients"), try TestAuthority("proxies"))
    let (jane, front) = (try clients.issue("jane", client: true), try proxies.issue("front", client: true))
    try await TLSFixture.with(clientAuthorities: try clients.pem) { request in
      let tls = request.connection.tls
      return Response(.ok, text: "\(said(tls?.client ?? .anonymous)) \(said(tls?.proxy ?? .anonymous))")
    } _: { fixture in
      #expect(try await fixture.get(identity: front) == "refused anonymous", "there are no proxies")
      try fixture.tls.replace(proxyAuthorities: try proxies.pem)
      let answers = [
        try await fixture.get(identity: front), try await fixture.get(identity: jane), try await fixture.get(),
      ]
      #expect(answers == ["refused front", "jane refused", "anonymous anonymous"])
      try fixture.tls.replace(clientAuthorities: nil)
      #expect(try await fixture.get(identity: front) == "refused front")
      #expect(throws: HTTPServiceError.self) { try fixture.tls.replace(proxyAuthorities: "nonsense") }
      try fixture.tls.replace(clientAuthorities: try proxies.pem)
      #expect(try await fixture.get(identity: front) == "front front")
    }
  }
}
