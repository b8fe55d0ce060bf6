import APIMachinery
import Testing

@testable import APIServer

@Suite struct WebhookCredentialsTests {
  private static let told: JSONValue = [
    "apiVersion": "apiserver.config.k8s.io/v1", "kind": "WebhookAdmissionConfiguration", "kubeConfigFile": "/d/config",
  ]

  private func credentials(_ kubeconfig: String, files: [String: String] = [:]) throws -> WebhookCredentials {
    try WebhookCredentials(Self.told) { path in
      Array((path == "/d/config" ? kubeconfig : try #require(files[path], "\(path)")).utf8)
    }
  }

  /// A kubeconfig whose users have their own names for tokens.
  private func users(_ names: String..., more: String = "") throws -> WebhookCredentials {
    let users = names.map { #"{name: "\#($0)", user: {token: "\#($0)"}}"# }.joined(separator: ", ")
    return try credentials("apiVersion: v1\nkind: Config\nusers: [\(users)]\n\(more)")
  }

  private func shown(_ credentials: WebhookCredentials, _ url: String) throws -> String? {
    let target = try #require(OutboundTarget(clientConfig: ["url": .string(url)]))
    return credentials.user(for: target)?.authorization
  }

  @Test func theNearestNameIsTaken() throws {
    let all = try users("a.b.c:8443", "*.b.c:8443", "*.c", "a.b.c", "*", "1.2.3.4", "::1")
    for (url, name) in [
      ("https://a.b.c:8443/x", "a.b.c:8443"), ("https://z.b.c:8443", "*.b.c:8443"),
      ("https://y.z.b.c:8443", "*.b.c:8443"),
      ("https://a.b.c/x?", "a.b.c"), ("https://z.b.c", "*.c"), ("https://z.b.c:443", "*.c"), ("https://z.b.c:444", "*"),
      ("https://1.2.3.4", "1.2.3.4"), ("https://1.2.3.4:9", "*"), ("https://[::1]", "::1"),
      ("https://[::1]:443/", "::1"),
      ("https://b.c:8443", "*"), ("https://other", "*"),
    ] {
      #expect(try shown(all, url) == "Bearer \(name)", "\(url)")
    }
  }

  @Test func services() throws {
    let all = try users("s.n.svc:443", "*.n.svc", "*.svc:9443")
    func shown(_ name: String, port: Int64? = nil) throws -> String? {
      var service: JSONObject = ["namespace": "n", "name": .string(name)]
      if let port { service["port"] = .integer(port) }
      let target = try #require(OutboundTarget(clientConfig: ["service": .object(service)]))
      return all.user(for: target)?.authorization
    }
    #expect(try shown("s") == "Bearer s.n.svc:443" && shown("t") == "Bearer *.n.svc")
    #expect(try shown("s", port: 9443) == "Bearer *.svc:9443" && shown("s", port: 80) == nil)
  }

  @Test func theCurrentContextIsTheLast() throws {
    let context = """
      contexts: [{name: c, context: {cluster: x, user: own}}]
      current-context: c
      """
    #expect(try shown(users("own", more: context), "https://h") == "Bearer own")
    #expect(try shown(users("own", "*", more: context), "https://h") == "Bearer *")
    #expect(try shown(users("own"), "https://h") == nil)
    #expect(try shown(WebhookCredentials(), "https://h") == nil)
  }

  @Test func passwordsAndFiles() throws {
    let basic = try credentials("users: [{name: '*', user: {username: ann, password: secret}}]")
    #expect(try shown(basic, "https://h") == "Basic YW5uOnNlY3JldA==")
    let file = try credentials("users: [{name: '*', user: {tokenFile: token}}]", files: ["/d/token": "abc\n"])
    #expect(try shown(file, "https://h") == "Bearer abc")
  }

  @Test(arguments: [
    ("users: [{name: u, user: {exec: {command: x}}}]", #"user "u": exec is not supported"#),
    ("users: [{name: u, user: {as: x}}]", #"user "u": as is not supported"#),
    ("users: [{name: u, user: {client-certificate-data: YQ==}}]", "client-certificate and client-key go together"),
    ("users: {", "/d/config: "),
  ])
  func whatCannotBeUsed(kubeconfig: String, words: String) {
    let error = #expect(throws: StatusError.self) { _ = try credentials(kubeconfig) }
    #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
  }
}
