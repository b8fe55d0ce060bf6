import APIMachinery
import HTTPService
import Testing

@testable import APIServer

/// Proxies say for whom they ask, and nobody else does.
@Suite struct RequestHeaderTests {
  private static let headers = RequestHeaders(
    userNames: ["X-Remote-User", "X-User"], uids: ["X-Remote-Uid"], groups: ["X-Remote-Group", "X-Group"],
    extraPrefixes: ["X-Remote-Extra-", "X-More-"])

  private static func certificate(_ name: String, _ more: [ClientCertificate.Attribute] = []) -> ClientCertificate {
    ClientCertificate(
      subject: [.init(type: "2.5.4.3", value: name)] + more, serialNumber: [1], notBefore: 10, notAfter: 20, der: [1])
  }

  private func request(
    client: TLSInfo.Client = .refused("signed by an unknown authority"), proxy: TLSInfo.Client, _ headers: Headers
  ) throws -> Request {
    let tls = TLSInfo(version: .v13, applicationProtocol: nil, client: client, proxy: proxy)
    return try Request(
      .get, "/", headers: headers, connection: ConnectionInfo(listener: "", peer: .local, tls: tls))
  }

  private func user(
    _ proxy: TLSInfo.Client, names: [String] = [], at now: Int64 = 15, _ headers: Headers = ["X-Remote-User": "jane"]
  ) async throws -> User? {
    try await RequestHeaderAuthenticator(Self.headers, allowedNames: names) { now }
      .authenticate(try request(proxy: proxy, headers))
  }

  @Test func whatHeadersSay() async throws {
    var headers: Headers = ["X-Remote-User": "", "X-User": "jane", "x-remote-uid": "7", "X-Group": "last"]
    headers.add("X-Remote-Group", "a")
    headers.add("X-Remote-Group", "")
    headers.add("x-remote-group", "b")
    headers.add("X-More-Scopes", "third")
    headers.add("X-Remote-Extra-Acme.com%2FProject", "one")
    headers.add("X-Remote-Extra-Scopes", "first")
    headers.add("x-remote-extra-scopes", "second")
    headers.add("X-Remote-Extra-50%", "odd")
    let user = try #require(try await user(.verified(Self.certificate("front")), headers))
    #expect(user.name == "jane" && user.uid == "7")
    #expect(user.groups == ["a", "b", "last", "system:authenticated"])
    #expect(user.extra == ["acme.com/project": ["one"], "scopes": ["first", "second", "third"], "50%": ["odd"]])
  }

  @Test func groupsOfThoseWhoAreKnownOrNot() async throws {
    let proxy = TLSInfo.Client.verified(Self.certificate("front"))
    #expect(
      try await user(proxy, ["X-User": "a", "X-Group": "system:unauthenticated"])?.groups == ["system:unauthenticated"])
    #expect(try await user(proxy, ["X-User": "system:anonymous"])?.groups == [])
    #expect(try await user(proxy, ["X-User": "a"])?.groups == ["system:authenticated"])
  }

  @Test func whoMayAskForOthers() async throws {
    let proxy = TLSInfo.Client.verified(Self.certificate("front"))
    #expect(try await user(proxy, names: ["other", "front"])?.name == "jane")
    #expect(try await user(.anonymous) == nil)
    #expect(try await user(proxy, ["X-Remote-Group": "system:masters"]) == nil)
    for (proxy, names, now) in [
      (proxy, ["other"], 15), (proxy, [], 9), (proxy, [], 21), (.refused("unknown"), [], 15),
    ] as [(TLSInfo.Client, [String], Int64)] {
      await #expect(throws: StatusError.self) { try await user(proxy, names: names, at: now) }
    }
  }

  /// A certificate that is no proxy's is a client's as before; one that is nobody's is wrong.
  @Test func clientsAreAskedNext() async throws {
    let chain = AuthenticatorChain([
      RequestHeaderAuthenticator(Self.headers, allowedNames: ["front"]) { 15 }, CertificateAuthenticator { 15 },
    ])
    let headers: Headers = ["X-Remote-User": "jane"]
    let (front, john) = (Self.certificate("front"), Self.certificate("john"))
    let answers: [(client: TLSInfo.Client, proxy: TLSInfo.Client, name: String)] = [
      (.verified(john), .refused("unknown"), "john"), (.verified(front), .verified(front), "jane"),
      (.verified(john), .verified(john), "john"),
    ]
    for (client, proxy, name) in answers {
      #expect(try await chain.authenticate(request(client: client, proxy: proxy, headers))?.name == name)
    }
    await #expect(throws: StatusError.self) {
      try await chain.authenticate(request(proxy: .verified(john), headers))
    }
    // Nothing is said of anybody, and the certificate is no client's.
    await #expect(throws: StatusError.self) {
      try await chain.authenticate(request(proxy: .verified(front), [:]))
    }
  }

  @Test func aCertificateMayNameAUID() async throws {
    func user(_ uids: String...) async throws -> User? {
      let more = uids.map { ClientCertificate.Attribute(type: "1.3.6.1.4.1.57683.2", value: $0) }
      let client = TLSInfo.Client.verified(Self.certificate("john", more))
      return try await CertificateAuthenticator { 15 }.authenticate(request(client: client, proxy: .anonymous, [:]))
    }
    #expect(try await user()?.uid == "")
    #expect(try await user("7")?.uid == "7")
    await #expect(throws: StatusError.self) { try await user("7", "8") }
    await #expect(throws: StatusError.self) { try await user("") }
  }

  @Test func whatSaysWhoSendsIsRemoved() {
    let sender = SenderHeaders(RequestHeaders.standard.union(Self.headers))
    var headers: Headers = [
      "X-REMOTE-USER": "a", "x-user": "a", "X-Remote-Uid": "7", "x-group": "b", "X-More-Scopes": "c", "X-Userx": "kept",
      "Authorization": "Bearer x", "X-Remote-Extra-A": "d", "Accept": "kept", "X-Remote-Grouped": "kept",
    ]
    sender.remove(from: &headers)
    #expect(headers.map(\.name) == ["X-Userx", "Accept", "X-Remote-Grouped"])
  }
}
