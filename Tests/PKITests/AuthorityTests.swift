import Testing

@testable import PKI

@Suite struct AuthorityTests {
  @Test(.enabled(if: Shell.hasOpenSSL)) func opensslTrustsWhatItIssues() async throws {
    try await Shell.with { shell in
      let authority = try Authority(commonName: "kubernetes")
      try shell.write("ca.pem", authority.certificatePEM)
      let server = try authority.issueServerCertificate(
        commonName: "kube-apiserver", names: ["kubernetes.default.svc", "*.example.org"],
        addresses: ["10.96.0.1", "fd00::1"], lifetime: 365 * day)
      try shell.write("server.pem", server.certificatePEM)
      try shell.write("server.key", server.keyPEM)
      let client = try authority.issueClientCertificate(
        commonName: "admin", organizations: ["system:masters", "staff"], lifetime: day)
      try shell.write("client.pem", client.certificatePEM)
      let verify = "openssl verify -x509_strict -CAfile ca.pem"
      #expect(
        try shell.run("\(verify) -purpose sslserver -verify_hostname kubernetes.default.svc server.pem")
          == "server.pem: OK\n")
      #expect(
        try shell.run("\(verify) -purpose sslserver -verify_hostname a.example.org server.pem") == "server.pem: OK\n")
      #expect(try shell.run("\(verify) -purpose sslserver -verify_ip 10.96.0.1 server.pem") == "server.pem: OK\n")
      #expect(try shell.run("\(verify) -purpose sslserver -verify_ip fd00::1 server.pem") == "server.pem: OK\n")
      #expect(try shell.run("\(verify) -purpose sslclient client.pem") == "client.pem: OK\n")
      #expect(throws: Shell.Failure.self) { try shell.run("\(verify) -purpose sslclient server.pem") }
      #expect(throws: Shell.Failure.self) { try shell.run("\(verify) -purpose sslserver client.pem") }
      #expect(throws: Shell.Failure.self) { try shell.run("\(verify) -verify_hostname other server.pem") }
      let subject = try shell.run("openssl x509 -in client.pem -noout -subject -nameopt RFC2253")
      #expect(subject == "subject=CN=admin,O=staff,O=system:masters\n")
      let keys = try shell.run("openssl x509 -in server.pem -noout -pubkey; openssl pkey -in server.key -pubout")
      let halves = keys.split(separator: "-----END PUBLIC KEY-----\n")
      #expect(halves.count == 2 && halves[0] == halves[1])
      let text = try shell.run("openssl x509 -in ca.pem -noout -text")
      #expect(text.contains("CA:TRUE") && text.contains("NIST CURVE: P-256") && text.contains("Certificate Sign"))
    }
  }

  @Test(
    .enabled(if: Shell.hasOpenSSL),
    arguments: ["RSA -pkeyopt rsa_keygen_bits:2048", "EC -pkeyopt ec_paramgen_curve:P-384", "ED25519"])
  func takesAuthoritiesMadeElsewhere(kind: String) async throws {
    try await Shell.with { shell in
      try shell.run(
        "openssl genpkey -algorithm \(kind) -out ca.key && openssl req -x509 -new -key ca.key -subj /CN=other -addext keyUsage=critical,keyCertSign -days 30 -out ca.pem"
      )
      let authority = try Authority(certificatePEM: try shell.read("ca.pem"), keyPEM: try shell.read("ca.key"))
      let client = try authority.issueClientCertificate(commonName: "user", lifetime: 3600)
      try shell.write("client.pem", client.certificatePEM)
      #expect(
        try shell.run("openssl verify -x509_strict -CAfile ca.pem -purpose sslclient client.pem") == "client.pem: OK\n")
      let who = try await TrustBundle(pem: authority.certificatePEM).verify(client.certificatePEM, for: .client)
      #expect(who.commonName == "user")
    }
  }

  @Test func refusesWhatDoesNotFitTogether() async throws {
    let one = try Authority(commonName: "a")
    let other = try Authority(commonName: "a")
    let leaf = try one.issueClientCertificate(commonName: "user", lifetime: day)
    #expect(
      await failure { _ = try Authority(certificatePEM: one.certificatePEM, keyPEM: other.keyPEM) } == .mismatch)
    #expect(await failure { _ = try Authority(certificatePEM: leaf.certificatePEM, keyPEM: leaf.keyPEM) } == .mismatch)
    #expect(await failure { _ = try Authority(certificatePEM: "x", keyPEM: "y") } == .malformed)
    #expect(
      await failure { _ = try IssuedCertificate(certificatePEM: leaf.certificatePEM, keyPEM: one.keyPEM) }
        == .mismatch)
    #expect(
      await failure { _ = try one.issueServerCertificate(commonName: "x", names: [], addresses: [], lifetime: day) }
        == .subject)
    #expect(
      await failure {
        _ = try one.issueServerCertificate(commonName: "x", names: [], addresses: ["1.2.3"], lifetime: day)
      } == .subject)
    #expect(
      await failure {
        _ = try one.issueServerCertificate(commonName: "x", names: ["a b"], addresses: [], lifetime: day)
      } == .subject)
  }

  @Test func keepsItsFilesToItself() async throws {
    try await Shell.with { shell in
      let paths = (certificate: shell.path("ca.pem"), key: shell.path("ca.key"))
      #expect(try Authority(certificatePath: paths.certificate, keyPath: paths.key) == nil)
      let authority = try Authority(commonName: "kubernetes")
      try shell.run("umask 0; touch ca.key; chmod 644 ca.key")
      try authority.save(certificatePath: paths.certificate, keyPath: paths.key)
      #expect(try shell.run("stat -c '%n %a' *") == "ca.key 600\nca.pem 644\n")
      let loaded = try #require(try Authority(certificatePath: paths.certificate, keyPath: paths.key))
      #expect(loaded.certificatePEM == authority.certificatePEM)
      let leaf = try loaded.issueClientCertificate(commonName: "user", lifetime: day)
      _ = try await TrustBundle(pem: authority.certificatePEM).verify(leaf.certificatePEM, for: .client)
      try leaf.save(certificatePath: shell.path("leaf.pem"), keyPath: shell.path("leaf.key"))
      #expect(try IssuedCertificate(certificatePath: shell.path("leaf.pem"), keyPath: shell.path("leaf.key")) == leaf)
      #expect(try shell.run("stat -c %a leaf.key") == "600\n")
      try shell.run("rm ca.pem")
      #expect(await failure { _ = try Authority(certificatePath: paths.certificate, keyPath: paths.key) } == .file)
      #expect(
        await failure { try authority.save(certificatePath: "/nowhere/ca.pem", keyPath: "/nowhere/ca.key") } == .file)
    }
  }

  @Test func lifetimesFollowTheClock() async throws {
    let time = FakeClock(1_800_000_000)
    let authority = try Authority(commonName: "a", lifetime: 100 * day, clock: time.clock)
    let long = try authority.issueClientCertificate(commonName: "user", lifetime: 10 * day)
    #expect(long.notBefore == time.now - 300 && long.notAfter == time.now - 300 + 10 * day)
    let short = try authority.issueClientCertificate(commonName: "user", lifetime: 600)
    #expect(short.notBefore == time.now - 300 && short.notAfter == time.now + 600)
    let bounded = try authority.issueClientCertificate(commonName: "user", lifetime: 1000 * day)
    #expect(bounded.notAfter == authority.notAfter && authority.notAfter == time.now + 100 * day)
    time.now += 101 * day
    #expect(await failure { _ = try authority.issueClientCertificate(commonName: "user", lifetime: day) } == .expired)
  }
}
