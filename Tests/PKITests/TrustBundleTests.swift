import Testing

@testable import PKI

@Suite struct TrustBundleTests {
  @Test func knowsServersByNameAndAddress() async throws {
    let authority = try Authority(commonName: "a")
    let bundle = try TrustBundle(pem: authority.certificatePEM)
    let server = try authority.issueServerCertificate(
      commonName: "x", names: ["api.example.org"], addresses: ["10.0.0.1", "fd00::1"], lifetime: day
    ).certificatePEM
    for name in ["api.example.org", "10.0.0.1", "fd00::1"] { _ = try await bundle.verify(server, for: .server(name)) }
    for name in ["x", "example.org", "10.0.0.2", "fd00::2"] {
      #expect(await failure { _ = try await bundle.verify(server, for: .server(name)) } == .subject, "\(name)")
    }
    #expect(await failure { _ = try await bundle.verify(server, for: .client) } == .usage)
    let nameless = try authority.issue(CertificateProfile(commonName: "x", usages: [.serverAuth]), lifetime: day)
    #expect(await failure { _ = try await bundle.verify(nameless.certificatePEM, for: .server("x")) } == .subject)
    let addressed = try authority.issueServerCertificate(
      commonName: "x", names: [], addresses: ["10.0.0.1"], lifetime: day
    ).certificatePEM
    #expect(await failure { _ = try await bundle.verify(addressed, for: .server("x")) } == .subject)
    let client = try authority.issueClientCertificate(commonName: "x", lifetime: day).certificatePEM
    #expect(await failure { _ = try await bundle.verify(client, for: .server("x")) } == .usage)
  }

  @Test func refusesStrangersAndForgeries() async throws {
    let authority = try Authority(commonName: "a")
    // The same name, another key.
    let impostor = try Authority(commonName: "a")
    let bundle = try TrustBundle(pem: authority.certificatePEM)
    let forged = try impostor.issueClientCertificate(commonName: "admin", lifetime: day).certificatePEM
    #expect(await failure { _ = try await bundle.verify(forged, for: .client) } == .unknownAuthority)
    let both = try TrustBundle(pem: authority.certificatePEM + impostor.certificatePEM)
    _ = try await both.verify(forged, for: .client)
    #expect(await failure { _ = try TrustBundle(pem: "") } == .malformed)
    #expect(await failure { _ = try await bundle.verify("nonsense", for: .client) } == .malformed)
    // A leaf cannot stand in for an authority.
    let leaf = try authority.issueClientCertificate(commonName: "user", lifetime: day)
    #expect(await failure { _ = try Authority(certificatePEM: leaf.certificatePEM, keyPEM: leaf.keyPEM) } == .mismatch)
  }

  /// Each byte of a certificate changed in turn: none of the results is believed.
  @Test func refusesEveryTamperedCertificate() async throws {
    let authority = try Authority(commonName: "a")
    let bundle = try TrustBundle(pem: authority.certificatePEM)
    let pem = try authority.issueClientCertificate(commonName: "user", lifetime: day).certificatePEM
    let lines = pem.split(separator: "\n")
    let body = Array(lines[1..<lines.count - 1].joined().utf8)
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    for index in stride(from: 0, to: body.count - 4, by: 3) {
      var changed = body
      let value = alphabet.firstIndex(of: changed[index])!
      changed[index] = alphabet[value ^ 0x20]
      let text = "\(lines[0])\n\(String(decoding: changed, as: UTF8.self))\n\(lines[lines.count - 1])\n"
      #expect(await failure { _ = try await bundle.verify(text, for: .client) } != nil, "byte \(index)")
    }
  }

  @Test func timesFollowTheClock() async throws {
    let time = FakeClock(1_800_000_000)
    let authority = try Authority(commonName: "a", lifetime: 100 * day, clock: time.clock)
    let bundle = try TrustBundle(pem: authority.certificatePEM, clock: time.clock)
    let issued = try authority.issueClientCertificate(commonName: "user", lifetime: 10 * day)
    func code(at now: Int64) async -> PKIError.Code? {
      time.now = now
      return await failure { _ = try await bundle.verify(issued.certificatePEM, for: .client) }
    }
    #expect(await code(at: issued.notBefore - 1) == .notYetValid)
    #expect(await code(at: issued.notBefore) == nil)
    #expect(await code(at: issued.notAfter) == nil)
    #expect(await code(at: issued.notAfter + 1) == .expired)
    #expect(await code(at: issued.notBefore + 1) == nil)
    // The leaf outlives its authority only on paper.
    let short = try Authority(commonName: "b", lifetime: day, clock: time.clock)
    let other = try TrustBundle(pem: short.certificatePEM, clock: time.clock)
    let leaf = try short.issueClientCertificate(commonName: "user", lifetime: 10 * day)
    #expect(leaf.notAfter == short.notAfter)
    time.now = leaf.notAfter + 1
    #expect(await failure { _ = try await other.verify(leaf.certificatePEM, for: .client) } == .expired)
  }

  @Test(.enabled(if: Shell.hasOpenSSL)) func followsAChain() async throws {
    try await Shell.with { shell in
      try shell.write("ca.ext", "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n")
      try shell.write("leaf.ext", "extendedKeyUsage=clientAuth\n")
      try shell.run(
        """
        set -e
        for n in root middle leaf; do openssl ecparam -name prime256v1 -genkey -noout -out $n.key; done
        openssl req -x509 -new -key root.key -subj /CN=root -days 30 -out root.pem
        openssl req -new -key middle.key -subj /CN=middle | openssl x509 -req -CA root.pem -CAkey root.key -CAcreateserial -days 30 -extfile ca.ext -out middle.pem
        openssl req -new -key leaf.key -subj /O=staff/CN=user | openssl x509 -req -CA middle.pem -CAkey middle.key -CAcreateserial -days 30 -extfile leaf.ext -out leaf.pem
        """)
      let bundle = try TrustBundle(pem: try shell.read("root.pem"))
      let chain = try shell.run("cat leaf.pem middle.pem")
      let who = try await bundle.verify(chain, for: .client)
      #expect(who.commonName == "user" && who.organizations == ["staff"])
      let leaf = try shell.read("leaf.pem")
      #expect(await failure { _ = try await bundle.verify(leaf, for: .client) } == .unknownAuthority)
    }
  }
}
