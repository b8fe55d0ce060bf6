import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOSSL

/// Gets the documents of an OpenID provider.
final class OpenIDFetcher: Sendable {
  /// Why a document cannot be had.
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  private static let timeout = TimeAmount.seconds(30)
  private static let largest = 1_048_576

  private let client: HTTPClient

  /// - Parameter authorities: PEM; nil for those of the host.
  init(authorities: String?) throws {
    var tls = TLSConfiguration.makeClientConfiguration()
    if let authorities {
      tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(authorities.utf8)))
    }
    client = HTTPClient(
      eventLoopGroup: HTTPClient.defaultEventLoopGroup,
      configuration: .init(tlsConfiguration: tls, redirectConfiguration: .disallow))
  }

  /// - Parameter accessToken: shown as a bearer token.
  func fetch(_ url: String, _ accessToken: String?) async throws -> [UInt8] {
    var request = HTTPClientRequest(url: url)
    request.headers.add(name: "Accept", value: "application/json, application/jwt")
    if let accessToken { request.headers.add(name: "Authorization", value: "Bearer \(accessToken)") }
    let response = try await client.execute(request, timeout: Self.timeout)
    guard response.status == .ok else { throw Failure(description: "\(url) answers \(response.status)") }
    return Array((try await response.body.collect(upTo: Self.largest)).readableBytesView)
  }

  func shutdown() async throws { try await client.shutdown() }
}
