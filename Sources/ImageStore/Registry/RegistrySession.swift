import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import NIOHTTP1
import OCI

/// Requests of one operation to one registry: scheme, authorization, redirects and retries.
final class RegistrySession: Sendable {
  let host: RegistryHost
  private let connections: RegistryConnections
  private let authorization: RegistryAuthorization
  /// What tokens are asked for, `repository:library/nginx:pull`.
  private let scopes: [String]

  init(
    host: RegistryHost, connections: RegistryConnections, credentials: RegistryCredentials, scopes: [String]
  ) {
    self.host = host
    self.connections = connections
    self.scopes = scopes
    authorization = RegistryAuthorization(credentials)
  }

  var configuration: ImageStoreConfiguration { connections.configuration }

  /// Sends a request to a path of the registry, and again after a transient failure.
  /// - Returns: an answer of 2xx, or one whose status is in `accepting`.
  /// - Throws: `RegistryFailure`.
  func send(
    _ method: HTTPMethod, _ path: String, headers: HTTPHeaders = [:], body: [UInt8]? = nil, accepting: Set<Int> = []
  ) async throws -> HTTPClientResponse {
    var attempt = 1
    while true {
      do {
        return try await sendOnce(
          method, path, headers: headers, body: body.map { .bytes(ByteBuffer(bytes: $0)) }, accepting: accepting)
      } catch let failure as RegistryFailure where failure.isTransient && attempt < configuration.downloadAttempts {
        try await Self.pause(attempt: attempt, failure, configuration)
        attempt += 1
      }
    }
  }

  /// Waits before the next attempt: twice as long every time, or as long as the server asked (up to half a minute).
  static func pause(attempt: Int, _ failure: RegistryFailure, _ configuration: ImageStoreConfiguration) async throws {
    let own = configuration.firstRetryDelay * Double(1 << min(attempt - 1, 6))
    try await Task.sleep(for: .milliseconds(Int64(min(max(own, failure.retryAfter ?? 0), 30) * 1000)))
  }

  /// Sends a request once, whatever scheme the host takes.
  func sendOnce(
    _ method: HTTPMethod, _ path: String, headers: HTTPHeaders = [:], body: HTTPClientRequest.Body? = nil,
    accepting: Set<Int> = []
  ) async throws -> HTTPClientResponse {
    if path.hasPrefix("http://") || path.hasPrefix("https://") {
      return try await authorized(method, path, headers, body, accepting)
    }
    let known = connections.knownScheme(host)
    let schemes = known.map { [$0] } ?? host.schemes
    var last: (any Error)?
    for scheme in schemes {
      do {
        let response = try await authorized(
          method, "\(scheme)://\(host.authority)\(host.prefix)\(path)", headers, body, accepting)
        connections.remember(scheme, for: host)
        return response
      } catch let failure as RegistryFailure {
        switch failure.kind {
        case .tls, .unreachable, .interrupted: break
        // A TLS server says so to a client that speaks plainly.
        case .status(400) where scheme == "http" && failure.body == nil: break
        default:
          connections.remember(scheme, for: host)
          throw failure
        }
        connections.remember(nil, for: host)
        if last == nil || failure.kind == .unreachable { last = failure }
        if failure.kind == .unreachable { break }
      }
    }
    throw last ?? RegistryFailure(.unreachable, "no way to reach \(host.authority)")
  }

  private func authorized(
    _ method: HTTPMethod, _ url: String, _ headers: HTTPHeaders, _ body: HTTPClientRequest.Body?, _ accepting: Set<Int>
  ) async throws -> HTTPClientResponse {
    var tried = 0
    while true {
      let response = try await follow(method, url, headers, body)
      let status = Int(response.status.code)
      if (200..<300).contains(status) || accepting.contains(status) { return response }
      if status == 401, tried < 2 {
        let challenges = response.headers["WWW-Authenticate"].flatMap { AuthenticationChallenge.parse($0) }
        let plain = url.hasPrefix("http://")
        let met = try await authorization.answer(challenges, scopes: scopes, registryIsPlain: plain) { request, _ in
          try await execute(request)
        }
        if met {
          tried += 1
          continue
        }
      }
      let bytes = (try? await Array(buffer: response.body.collect(upTo: 1 << 20))) ?? []
      let words = RegistryErrorBody(bytes)
      let retryAfter = response.headers.first(name: "Retry-After").flatMap { Double($0) }
      throw RegistryFailure(
        .status(status), words?.text ?? "received unexpected HTTP status: \(response.status)", body: words,
        retryAfter: retryAfter)
    }
  }

  private static let maximumRedirects = 8

  private func follow(
    _ method: HTTPMethod, _ url: String, _ headers: HTTPHeaders, _ body: HTTPClientRequest.Body?
  ) async throws -> HTTPClientResponse {
    var url = url
    var sameHost = true
    for _ in 0...Self.maximumRedirects {
      var request = HTTPClientRequest(url: url)
      request.method = method
      request.headers = headers
      request.body = body
      if sameHost, let value = authorization.current { request.headers.add(name: "Authorization", value: value) }
      let response = try await execute(request)
      guard method == .GET || method == .HEAD, [301, 302, 303, 307, 308].contains(Int(response.status.code)),
        let location = response.headers.first(name: "Location"),
        let base = URL(string: url), let next = URL(string: location, relativeTo: base)?.absoluteURL,
        let scheme = next.scheme?.lowercased()
      else { return response }
      guard scheme == "https" || (scheme == "http" && (url.hasPrefix("http://") || !host.verifies)) else {
        throw RegistryFailure(.malformed, "refusing a redirect from \(url) to \(location)")
      }
      // Once away, credentials stay away, even where a further redirect leads back.
      if next.host != base.host || next.port != base.port || scheme != base.scheme?.lowercased() { sameHost = false }
      url = next.absoluteString
    }
    throw RegistryFailure(.malformed, "stopped after \(Self.maximumRedirects) redirects: \(url)")
  }

  private func execute(_ request: HTTPClientRequest) async throws -> HTTPClientResponse {
    var request = request
    request.headers.replaceOrAdd(name: "User-Agent", value: configuration.userAgent)
    let client = connections.client(verifies: host.verifies)
    do {
      // The idle time-out ends a server that hangs; a large blob may take as long as it takes.
      return try await client.execute(request, deadline: .now() + .hours(24))
    } catch { throw RegistryFailure.from(error, method: request.method.rawValue, url: request.url) }
  }
}
