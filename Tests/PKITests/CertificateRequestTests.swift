import Testing

@testable import PKI

@Suite(.enabled(if: Shell.hasOpenSSL)) struct CertificateRequestTests {
  private func request(
    _ shell: Shell, _ subject: String, names: String = "", key: String = "EC -pkeyopt ec_paramgen_curve:P-256"
  ) throws -> String {
    let extra = names.isEmpty ? "" : "-addext 'subjectAltName=\(names)'"
    return try shell.run(
      "openssl genpkey -quiet -algorithm \(key) -out r.key 2>/dev/null && openssl req -new -key r.key -subj '\(subject)' \(extra)"
    )
  }

  @Test func readsWhatOpensslWrites() async throws {
    try await Shell.with { shell in
      let names = "DNS:node-1,DNS:node-1.local,IP:10.0.0.1,IP:fd00::5,email:a@b.c,URI:spiffe://x/y"
      let parsed = try CertificateRequest(
        pem: try request(shell, "/O=system:nodes/CN=system:node:node-1", names: names))
      #expect(parsed.commonName == "system:node:node-1" && parsed.organizations == ["system:nodes"])
      #expect(parsed.dnsNames == ["node-1", "node-1.local"] && parsed.addresses == ["10.0.0.1", "fd00::5"])
      #expect(parsed.emails == ["a@b.c"] && parsed.uris == ["spiffe://x/y"])
    }
  }

  @Test func refusesWhatIsBroken() async throws {
    try await Shell.with { shell in
      let good = try request(shell, "/CN=user")
      _ = try CertificateRequest(pem: good)
      let der = try shell.run(
        "openssl req -in /dev/stdin -outform DER <<'END' | od -An -v -tx1 | tr -d ' \\n'\n\(good)END")
      // The name in the subject becomes another, the signature stays.
      let forged = der.replacing("75736572", with: "726f6f74")
      #expect(forged != der)
      let pem = try shell.run(
        "printf '\(forged)' | xxd -r -p 2>/dev/null | openssl req -inform DER || printf '%s' '\(forged)' | python3 -c 'import sys,base64,binascii; print(\"-----BEGIN CERTIFICATE REQUEST-----\"); print(base64.encodebytes(binascii.unhexlify(sys.stdin.read())).decode().strip()); print(\"-----END CERTIFICATE REQUEST-----\")'"
      )
      #expect(await failure { _ = try CertificateRequest(pem: pem) } == .signature)
      #expect(await failure { _ = try CertificateRequest(pem: "") } == .malformed)
      #expect(
        await failure { _ = try CertificateRequest(pem: try Authority(commonName: "x").certificatePEM) } == .malformed)
      #expect(await failure { _ = try CertificateRequest(pem: String(repeating: "x", count: 100_000)) } == .malformed)
    }
  }

  @Test(arguments: [
    "EC -pkeyopt ec_paramgen_curve:P-256", "EC -pkeyopt ec_paramgen_curve:P-521", "RSA -pkeyopt rsa_keygen_bits:2048",
    "ED25519",
  ])
  func signs(key: String) async throws {
    try await Shell.with { shell in
      let time = FakeClock(WallClock.system.now)
      let authority = try Authority(commonName: "kubernetes", clock: time.clock)
      let request = try CertificateRequest(pem: try request(shell, "/O=staff/CN=user", names: "DNS:a.b", key: key))
      let signer = CertificateSigner(.apiServerClient, authority, lifetime: 30 * day)
      let pem = try signer.sign(request, usages: [.digitalSignature, .keyEncipherment, .clientAuth])
      try shell.write("ca.pem", authority.certificatePEM)
      try shell.write("leaf.pem", pem)
      #expect(
        try shell.run("openssl verify -x509_strict -CAfile ca.pem -purpose sslclient leaf.pem") == "leaf.pem: OK\n")
      let text = try shell.run("openssl x509 -in leaf.pem -noout -text")
      #expect(text.contains("DNS:a.b") && text.contains("CA:FALSE") && text.contains("TLS Web Client Authentication"))
      #expect(try shell.run("openssl x509 -in leaf.pem -noout -pubkey") == shell.run("openssl pkey -in r.key -pubout"))
      let bundle = try TrustBundle(pem: authority.certificatePEM, clock: time.clock)
      let who = try await bundle.verify(pem, for: .client)
      #expect(who.commonName == "user" && who.organizations == ["staff"])
      #expect(who.notAfter == time.now - 300 + 30 * day)
    }
  }

  @Test func heedsTheWishForALifetime() async throws {
    try await Shell.with { shell in
      let time = FakeClock(WallClock.system.now)
      let authority = try Authority(commonName: "kubernetes", clock: time.clock)
      let request = try CertificateRequest(pem: try request(shell, "/CN=user"))
      let signer = CertificateSigner(.apiServerClient, authority, lifetime: 30 * day)
      let bundle = try TrustBundle(pem: authority.certificatePEM, clock: time.clock)
      for (wish, seconds) in [(3600, 3600), (1, 600), (600, 600), (100 * day, 30 * day - 300), (day, day - 300)]
        as [(Int64, Int64)]
      {
        let pem = try signer.sign(request, usages: [.clientAuth], expirationSeconds: wish)
        #expect(try await bundle.verify(pem, for: .client).notAfter == time.now + seconds)
      }
    }
  }

  @Test func appliesTheRulesOfItsName() async throws {
    try await Shell.with { shell in
      let authority = try Authority(commonName: "kubernetes")
      let node = "/O=system:nodes/CN=system:node:n"
      let both: [CertificateUsage] = [.digitalSignature, .keyEncipherment]
      let cases: [(CertificateSigner.Name, String, String, [CertificateUsage], PKIError.Code?)] = [
        (.apiServerClient, "/CN=user", "", [.clientAuth], nil),
        (.apiServerClient, "/CN=user", "", [.digitalSignature], .usage),
        (.apiServerClient, "/CN=user", "", [.clientAuth, .serverAuth], .usage),
        (.kubeletClient, node, "", both + [.clientAuth], nil),
        (.kubeletClient, node, "", [.digitalSignature, .clientAuth], nil),
        (.kubeletClient, node, "", [.clientAuth], .usage),
        (.kubeletClient, node, "", both + [.clientAuth, .serverAuth], .usage),
        (.kubeletClient, node, "DNS:n", both + [.clientAuth], .subject),
        (.kubeletClient, node, "IP:10.0.0.1", both + [.clientAuth], .subject),
        (.kubeletClient, "/O=system:nodes/CN=admin", "", both + [.clientAuth], .subject),
        (.kubeletClient, "/O=system:nodes/O=system:masters/CN=system:node:n", "", both + [.clientAuth], .subject),
        (.kubeletClient, "/CN=system:node:n", "", both + [.clientAuth], .subject),
        (.kubeletServing, node, "DNS:n,IP:10.0.0.1", both + [.serverAuth], nil),
        (.kubeletServing, node, "", both + [.serverAuth], .subject),
        (.kubeletServing, node, "DNS:n,URI:spiffe://x", both + [.serverAuth], .subject),
        (.kubeletServing, node, "DNS:n", both + [.clientAuth], .usage),
        (.legacyUnknown, "/CN=anything", "DNS:x", [.serverAuth], nil),
      ]
      for (name, subject, names, usages, expected) in cases {
        let parsed = try CertificateRequest(pem: try request(shell, subject, names: names))
        let code = await failure { _ = try CertificateSigner(name, authority).sign(parsed, usages: usages) }
        #expect(code == expected, "\(name) \(subject) \(names) \(usages)")
      }
    }
    #expect(CertificateSigner.Name(rawValue: "example.com/mine") == nil)
    #expect(CertificateUsage(rawValue: "flying") == nil && CertificateUsage(rawValue: "s/mime") != nil)
    #expect(CertificateUsage.all.count == 23)
  }
}
