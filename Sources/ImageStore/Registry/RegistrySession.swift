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
  private let trust: RegistryTrust?
  /// What tokens are asked for, `repository:library/nginx:pull`.
  private let scopes: [String]

  init(
    host: RegistryHost, connections: RegistryConnections, credentials: RegistryCredentials, scopes: [String],
    wantsIdentityToken: Bool = false
  ) {
    self.host = host
    self.connections = connections
    self.scopes = scopes
    authorization = RegistryAuthorization(credentials, wantsIdentityToken: wantsIdentityToken)
    trust = connections.trust(host)
  }

  /// The identity token that the token service gave, empty where it gave none.
  var identityToken: String { authorization.identityToken }

  /// `https://host`, as it is or would be spoken to.
  var base: String { "\(connections.knownScheme(host) ?? host.schemes[0])://\(host.authority)\(host.prefix)" }

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

  /// Asks for a document. The registry must begin to answer in good time, and a failure that may pass gets one more try
  /// at once and no more: somebody waits to learn whether the registry is alive.
  /// - Returns: an answer of 2xx, or one whose status is in `accepting`.
  /// - Throws: `RegistryFailure`.
  func ask(
    _ path: String, method: HTTPMethod = .GET, headers: HTTPHeaders = [:], accepting: Set<Int> = []
  ) async throws -> HTTPClientResponse {
    let deadline = answerDeadline
    do {
      return try await sendOnce(method, path, headers: headers, accepting: accepting, deadline: deadline)
    } catch let failure as RegistryFailure where failure.isWorthAnotherTry {
      try await Task.sleep(for: .milliseconds(Int64(min(configuration.firstRetryDelay, 0.5) * 1000)))
      return try await sendOnce(
        method, path, headers: headers, accepting: accepting, deadline: deadline, isSecondTry: true)
    }
  }

  private var answerDeadline: NIODeadline { .now() + .milliseconds(Int64(configuration.answerTimeout * 1000)) }

  /// Waits before the next attempt: twice as long every time, or as long as the server asked (up to half a minute).
  static func pause(attempt: Int, _ failure: RegistryFailure, _ configuration: ImageStoreConfiguration) async throws {
    let own = configuration.firstRetryDelay * Double(1 << min(attempt - 1, 6))
    try await Task.sleep(for: .milliseconds(Int64(min(max(own, failure.retryAfter ?? 0), 30) * 1000)))
  }

  /// Sends a request once, whatever scheme the host takes.
  /// - Parameters:
  ///   - deadline: when the answer must have begun. A large upload, or a registry that checks one, takes as long as it
  ///     takes; the idle time-out ends one that hangs.
  ///   - isSecondTry: the schemes were tried already.
  func sendOnce(
    _ method: HTTPMethod, _ path: String, headers: HTTPHeaders = [:], body: HTTPClientRequest.Body? = nil,
    accepting: Set<Int> = [], deadline: NIODeadline = .now() + .hours(24), isSecondTry: Bool = false
  ) async throws -> HTTPClientResponse {
    if path.hasPrefix("http://") || path.hasPrefix("https://") {
      return try await authorized(method, path, headers, body, accepting, deadline)
    }
    let known = connections.knownScheme(host)
    var schemes = known.map { [$0] } ?? host.schemes
    if isSecondTry && schemes.first == "http" { schemes = ["http"] }
    var last: (any Error)?
    for (index, scheme) in schemes.enumerated() {
      // A plain server may wait for more of what it takes for a request where TLS greets it.
      let isGuess = scheme == "https" && schemes.count > 1
      let deadline = isGuess ? min(deadline, .now() + Self.schemeGuess) : deadline
      do {
        let response = try await authorized(
          method, "\(scheme)://\(host.authority)\(host.prefix)\(path)", headers, body, accepting, deadline)
        connections.remember(scheme, for: host)
        return response
      } catch let failure as RegistryFailure {
        switch failure.kind {
        case .tls, .unreachable, .interrupted: break
        case .timedOut where isGuess || index + 1 < schemes.count: break
        // A TLS server says so to a client that speaks plainly.
        case .status(400) where scheme == "http" && failure.body == nil: break
        default:
          if case .timedOut = failure.kind {} else { connections.remember(scheme, for: host) }
          throw failure
        }
        if failure.kind != .interrupted { connections.remember(nil, for: host) }
        if last == nil || failure.kind == .unreachable { last = failure }
        if failure.kind == .unreachable { break }
      }
    }
    throw last ?? RegistryFailure(.unreachable, "no way to reach \(host.authority)")
  }

  /// How long a host may take to show that it speaks TLS.
  private static let schemeGuess = TimeAmount.seconds(3)

  private func authorized(
    _ method: HTTPMethod, _ url: String, _ headers: HTTPHeaders, _ body: HTTPClientRequest.Body?, _ accepting: Set<Int>,
    _ deadline: NIODeadline
  ) async throws -> HTTPClientResponse {
    var tried = 0
    while true {
      let response = try await follow(method, url, headers, body, deadline)
      let status = Int(response.status.code)
      if (200..<300).contains(status) || accepting.contains(status) { return response }
      if status == 401, tried < 2 {
        let challenges = response.headers["WWW-Authenticate"].flatMap { AuthenticationChallenge.parse($0) }
        let plain = url.hasPrefix("http://")
        let met = try await authorization.answer(challenges, scopes: scopes, registryIsPlain: plain) { request in
          try await execute(request, min(deadline, answerDeadline))
        }
        if met {
          tried += 1
          continue
        }
        if authorization.lacksCredentials(for: challenges) {
          throw RegistryFailure(
            .unauthenticated, RegistryFailure.prefix(method.rawValue, url) + "no basic auth credentials")
        }
      }
      let bytes = (try? await Array(buffer: response.body.collect(upTo: 1 << 20))) ?? []
      var words = RegistryErrorBody(bytes)
      // An answer to HEAD has no body; this is what a name and a password that are refused get.
      if words == nil, method == .HEAD, status == 401, authorization.isBasic { words = Self.unauthorized }
      let retryAfter = response.headers.first(name: "Retry-After").flatMap { Double($0) }
      throw RegistryFailure(
        .status(status), words?.text ?? "received unexpected HTTP status: \(response.status)", body: words,
        retryAfter: retryAfter)
    }
  }

  private static let unauthorized = RegistryErrorBody(
    Array(#"{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}"#.utf8))

  private static let maximumRedirects = 8

  private func follow(
    _ method: HTTPMethod, _ url: String, _ headers: HTTPHeaders, _ body: HTTPClientRequest.Body?,
    _ deadline: NIODeadline
  ) async throws -> HTTPClientResponse {
    var url = url
    var sameHost = true
    for _ in 0...Self.maximumRedirects {
      var request = HTTPClientRequest(url: url)
      request.method = method
      request.headers = headers
      request.body = body
      if sameHost, let value = authorization.current { request.headers.add(name: "Authorization", value: value) }
      let response = try await execute(request, deadline)
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

  private func execute(_ request: HTTPClientRequest, _ deadline: NIODeadline) async throws -> HTTPClientResponse {
    var request = request
    request.headers.replaceOrAdd(name: "User-Agent", value: configuration.userAgent)
    let client = connections.client(verifies: host.verifies)
    guard let trust, request.url.hasPrefix("https://") else {
      do { return try await client.execute(request, deadline: deadline) } catch {
        throw RegistryFailure.from(error, method: request.method.rawValue, url: request.url)
      }
    }
    while true {
      let choice = try await trust.current()
      request.tlsConfiguration = choice.configuration
      do { return try await client.execute(request, deadline: deadline) } catch {
        let failure = TLSFailure(error)
        // Docker's directory may hold certificates for several registries behind one name.
        if failure?.isRefusal == true, trust.advance(past: choice.index) { continue }
        if failure?.kind == .untrusted, let url = URL(string: request.url), let name = url.host,
          let complaint = await CertificateProbe.complaint(host: name, port: url.port ?? 443)
        {
          throw RegistryFailure(
            .tls, RegistryFailure.prefix(request.method.rawValue, request.url) + complaint, cause: error)
        }
        throw RegistryFailure.from(error, method: request.method.rawValue, url: request.url)
      }
    }
  }
}
