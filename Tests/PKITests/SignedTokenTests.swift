import Testing

@testable import PKI

@Suite struct SignedTokenTests {
  /// RFC 7515, appendix A.3, with the key as a set.
  private static let es256 =
    "eyJhbGciOiJFUzI1NiJ9"
    + ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    + ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
  private static let es256Key =
    #"{"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}"#

  @Test func verifiesTheStandardsExample() throws {
    let keys = try JSONWebKeySet(json: Array(Self.es256Key.utf8))
    try SignedToken(Self.es256).verify(with: keys.keys)
  }

  @Test(arguments: [
    "", ".", "..", "a.b.c", "eyJhbGciOiJFUzI1NiJ9.e30", "eyJhbGciOiJFUzI1NiJ9.e30.", "eyJhbGciOiJFUzI1NiJ9.e30.AA.AA",
    "eyJhbGciOiJFUzI1NiJ9=.e30.AA", "eyJhbGciOiJFUzI1NiJ9.e3+.AA", "W10.e30.AA",
  ])
  func refusesWhatIsNoToken(text: String) async {
    #expect(await failure { _ = try SignedToken(text) } == .malformed)
  }

  @Test func refusesOtherAlgorithms() async {
    for header in [
      #"{"alg":"none"}"#, #"{"alg":"None"}"#, #"{"alg":"HS256"}"#, #"{"alg":"PS128"}"#, #"{"alg":""}"#,
      #"{"alg":"ES256","crit":["b64"]}"#,
    ] {
      let text = Base64URL.encode(header.utf8) + ".e30.AAAA"
      #expect(await failure { _ = try SignedToken(text) } == .unsupported, "\(header)")
    }
  }

  /// Every character of a token changed in turn: no result is believed.
  @Test func refusesEveryTamperedToken() async throws {
    let key = TokenSigningKey()
    let text = try SignedToken.sign(Array(#"{"iss":"x","sub":"y"}"#.utf8), with: key)
    try SignedToken(text).verify(with: [key.verificationKey])
    for index in text.indices where text[index] != "." {
      var changed = text
      changed.replaceSubrange(index...index, with: text[index] == "A" ? "B" : "A")
      #expect(await failure { try SignedToken(changed).verify(with: [key.verificationKey]) } != nil)
    }
    // Cut or lengthened.
    for changed in [String(text.dropLast()), text + "A", text + "AA", String(text.dropFirst())] {
      #expect(await failure { try SignedToken(changed).verify(with: [key.verificationKey]) } != nil)
    }
  }

  @Test func theKeyDecidesTheAlgorithm() async throws {
    let key = TokenSigningKey()
    let parts = try SignedToken.sign(Array("{}".utf8), with: key).split(separator: ".")
    for name in ["RS256", "ES384", "ES512"] {
      let header = Base64URL.encode(#"{"alg":"\#(name)"}"#.utf8)
      #expect(
        await failure { try SignedToken("\(header).\(parts[1]).\(parts[2])").verify(with: [key.verificationKey]) }
          == .signature)
    }
    // Another key of the same name.
    let other = TokenVerificationKey(TokenSigningKey().verificationKey.key, id: key.verificationKey.id)
    let text = parts.joined(separator: ".")
    #expect(await failure { try SignedToken(text).verify(with: [other]) } == .signature)
    #expect(await failure { try SignedToken(text).verify(with: []) } == .signature)
    try SignedToken(text).verify(with: [other, key.verificationKey])
    #expect(
      await failure { try SignedToken(text).verify(with: [key.verificationKey], algorithms: [.rs256]) } == .unsupported)
  }

  @Test(
    .enabled(if: Shell.hasOpenSSL),
    arguments: [
      "RSA -pkeyopt rsa_keygen_bits:2048", "EC -pkeyopt ec_paramgen_curve:P-384", "EC -pkeyopt ec_paramgen_curve:P-521",
    ])
  func signsWithKeysMadeElsewhere(kind: String) async throws {
    try await Shell.with { shell in
      let key = try TokenSigningKey(
        pem: try shell.run("openssl genpkey -quiet -algorithm \(kind) 2>/dev/null | tee key.pem"))
      let text = try SignedToken.sign(Array("{}".utf8), with: key)
      let publicKey = try TokenVerificationKey(pem: try shell.run("openssl pkey -in key.pem -pubout"))
      #expect(publicKey.id == key.verificationKey.id)
      let id = try shell.run(
        "openssl pkey -in key.pem -pubout -outform DER | openssl dgst -sha256 -binary | base64 | tr '+/' '-_' | tr -d '=\\n'"
      )
      #expect(publicKey.id == id)
      try SignedToken(text).verify(with: [publicKey])
      #expect(try TokenSigningKey(pem: key.pem).verificationKey.id == id)
      if kind.hasPrefix("RSA") {
        let parts = text.split(separator: ".")
        try shell.write("message", parts[0] + "." + parts[1])
        try shell.run(
          "openssl pkey -in key.pem -pubout -out pub.pem; printf '%s==' '\(parts[2])' | tr -- '-_' '+/' | base64 -d > signature 2>/dev/null || true"
        )
        #expect(try shell.run("openssl dgst -sha256 -verify pub.pem -signature signature message") == "Verified OK\n")
      }
    }
  }

  @Test(.enabled(if: Shell.hasOpenSSL)) func refusesSmallKeys() async throws {
    try await Shell.with { shell in
      let pem = try shell.run("openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:1024 2>/dev/null")
      #expect(await failure { _ = try TokenSigningKey(pem: pem) } == .unsupported)
      #expect(await failure { _ = try TokenVerificationKey(pem: pem) } == .unsupported)
      #expect(await failure { _ = try TokenSigningKey(pem: "nonsense") } == .malformed)
    }
  }

  @Test func keysSurviveTheirDocument() async throws {
    let keys = [TokenSigningKey(), TokenSigningKey()]
    let document = try JSONWebKeySet(keys.map(\.verificationKey)).json
    let text = String(decoding: document, as: UTF8.self)
    #expect(
      text.contains(#""alg":"ES256","crv":"P-256","kid":"\#(keys[0].verificationKey.id)","kty":"EC","use":"sig","x":""#)
    )
    #expect(!text.contains(#""d""#))
    let read = try JSONWebKeySet(json: document)
    for key in keys { try SignedToken(try SignedToken.sign(Array("{}".utf8), with: key)).verify(with: read.keys) }
  }

  @Test func leavesOutKeysThatAreOfNoUse() async throws {
    let document = """
      {"keys":[
        {"kty":"oct","k":"AAAA"},
        {"kty":"EC","crv":"P-256","x":"AA","y":"AA"},
        {"kty":"EC","crv":"P-256","use":"enc","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},
        {"kty":"EC","crv":"P-256","alg":"HS256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},
        {"kty":"EC","crv":"P-256","alg":"RS256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},
        {"kty":"RSA","n":"AQAB","e":"AQAB"},
        {"kty":"EC","crv":"P-256","kid":"good","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}
      ]}
      """
    #expect(try JSONWebKeySet(json: Array(document.utf8)).keys.map(\.id) == ["good"])
    #expect(await failure { _ = try JSONWebKeySet(json: Array("[]".utf8)) } == .malformed)
  }

  @Test func base64HasOneSpelling() {
    for bytes in [[], [0], [0, 1], [0xFB, 0xEF, 0xBE], Array(0...255)] as [[UInt8]] {
      #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
    }
    for text in ["A", "AB", "AA=", "AA==", "A+==", "A/AA", "AA\n", "é"] {
      #expect(Base64URL.decode(text) == nil, "\(text)")
    }
  }

  /// Signatures of openssl's with PSS padding (RFC 7518, section 3.5): the salt is as long as the digest, and nothing else.
  @Test(.enabled(if: Shell.hasOpenSSL), arguments: ["256", "384", "512"])
  func verifiesPSS(size: String) async throws {
    try await Shell.with { shell in
      try shell.run("openssl genrsa -out key.pem 2048; openssl pkey -in key.pem -pubout -out public.pem")
      let key = try TokenVerificationKey(pem: shell.read("public.pem"))
      let message = Base64URL.encode(#"{"alg":"PS\#(size)"}"#.utf8) + "." + Base64URL.encode("{}".utf8)
      try shell.write("message", message)
      func token(salt: String) throws -> SignedToken {
        try shell.run(
          "openssl dgst -sha\(size) -sign key.pem -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:\(salt) "
            + "-out signature message")
        return try SignedToken(
          message + "." + shell.run("base64 -w0 signature | tr '+/' '-_' | tr -d =").prefix { $0 != "\n" })
      }
      try token(salt: "digest").verify(with: [key])
      #expect(await failure { try token(salt: "8").verify(with: [key]) } == .signature)
      let algorithm = try #require(TokenAlgorithm(rawValue: "RS\(size)"))
      #expect(await failure { try token(salt: "digest").verify(with: [key], algorithms: [algorithm]) } == .unsupported)
      // A signature of the other padding under this name.
      try shell.run("openssl dgst -sha\(size) -sign key.pem -out signature message")
      let other = try shell.run("base64 -w0 signature | tr '+/' '-_' | tr -d =")
      #expect(await failure { try SignedToken(message + "." + other).verify(with: [key]) } == .signature)
    }
  }
}
