import Linux
import NIOCore
import NIOPosix
import NIOSSL

@testable import HTTPService

/// A server with TLS on a port of the loopback.
struct TLSFixture: Sendable {
  let server: HTTPServer
  let tls: ServerTLS
  let port: Int
  /// The authority of the server's certificate, in a file for commands.
  let authorityFile: String
  let directory: String
  private let authorityPEM: String

  static func with(
    configuration: ServerConfiguration = ServerConfiguration(), clientAuthorities: String? = nil,
    restrictions: TLSRestrictions = .none, handshakeTimeout: Duration = .seconds(10), handler: @escaping Handler,
    _ body: (TLSFixture) async throws -> Void
  ) async throws {
    let authority = try TestAuthority("server authority")
    let issued = try authority.issue("localhost")
    let tls = try ServerTLS(
      certificateChain: issued.chain, privateKey: issued.key, clientAuthorities: clientAuthorities,
      restrictions: restrictions, handshakeTimeout: handshakeTimeout)
    let directory = try Fixture.temporaryDirectory()
    defer { Fixture.removeTree(directory) }
    let file = directory + "/ca.pem"
    try FileSystem.write(file, try authority.pem.utf8)
    let server = HTTPServer(configuration: configuration, handler: handler)
    do {
      let port = try await server.listen(on: .tcp(host: "127.0.0.1", port: 0), tls: tls) ?? 0
      try await body(
        TLSFixture(
          server: server, tls: tls, port: port, authorityFile: file, directory: directory,
          authorityPEM: try authority.pem))
      await server.shutdown(within: .seconds(1))
    } catch {
      await server.shutdown(within: .zero)
      throw error
    }
  }

  /// How a client speaks TLS; by default it trusts the server's authority.
  func clientContext(
    authorities: String?, identity: TestAuthority.Issued?, protocols: [String], version: TLSVersion
  ) throws -> NIOSSLContext {
    var settings = TLSConfiguration.makeClientConfiguration()
    settings.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array((authorities ?? authorityPEM).utf8)))
    settings.applicationProtocols = protocols
    settings.minimumTLSVersion = .tlsv1
    settings.maximumTLSVersion = version
    if let identity {
      settings.certificateChain = try NIOSSLCertificate.fromPEMBytes(Array(identity.chain.utf8)).map {
        .certificate($0)
      }
      settings.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: Array(identity.key.utf8), format: .pem))
    }
    return try NIOSSLContext(configuration: settings)
  }

  /// An HTTP/1.1 client over TLS.
  func client(
    authorities: String? = nil, identity: TestAuthority.Issued? = nil, protocols: [String] = ["http/1.1"],
    version: TLSVersion = .tlsv13
  ) async throws -> RawClient {
    let context = try clientContext(
      authorities: authorities, identity: identity, protocols: protocols, version: version)
    return try await RawClient(port: port, tls: context)
  }

  /// The body of the answer to one GET.
  func get(
    authorities: String? = nil, identity: TestAuthority.Issued? = nil, protocols: [String] = ["http/1.1"],
    version: TLSVersion = .tlsv13
  ) async throws -> String {
    let client = try await client(
      authorities: authorities, identity: identity, protocols: protocols, version: version)
    try await client.send("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    let answer = try await client.receiveToEnd()
    try await client.close()
    return answer.split(separator: "\r\n\r\n", maxSplits: 1).last.map { String($0) } ?? ""
  }
}
