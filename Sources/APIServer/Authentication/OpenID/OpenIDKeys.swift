import APIMachinery
import PKI

/// The keys of an OpenID provider: fetched when the first token comes, and again when one is signed by a key that is not
/// known, since providers change them (OpenID Connect Discovery 1.0, section 4; Core 1.0, section 10.1.1).
actor OpenIDKeys {
  /// Strangers' tokens must not make this server ask all the time.
  private static let shortestInterval = Duration.seconds(1)

  /// Keys, and the how manieth they are.
  typealias Known = (keys: JSONWebKeySet, number: Int)

  private let issuer: String
  private let discoveryURL: String
  private let fetch: OpenIDFetch
  private var keySetURL: String?
  private var known: Known?
  private var lastFetch: ContinuousClock.Instant?
  private var running: Task<Known, any Error>?

  /// - Parameter discoveryURL: where the issuer describes itself; nil for the place that follows from its name.
  init(issuer: String, discoveryURL: String?, fetch: @escaping OpenIDFetch) {
    self.issuer = issuer
    let base = issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer
    self.discoveryURL = discoveryURL ?? base + "/.well-known/openid-configuration"
    self.fetch = fetch
  }

  /// The keys that are known; fetched where there are none.
  func current() async throws -> Known {
    if let known { return known }
    return try await newer(than: 0)
  }

  /// Keys that were fetched after the ones of a number.
  func newer(than number: Int) async throws -> Known {
    if let known, known.number > number { return known }
    // Whoever comes while keys are being fetched waits for those.
    if let running { return try await running.value }
    let task = Task { try await load() }
    running = task
    defer { running = nil }
    return try await task.value
  }

  private func load() async throws -> Known {
    let now = ContinuousClock.now
    if let lastFetch, lastFetch + Self.shortestInterval > now {
      try await Task.sleep(until: lastFetch + Self.shortestInterval, clock: .continuous)
    }
    lastFetch = .now
    let keys = try JSONWebKeySet(json: try await fetch(try await discover(), nil))
    let result = (keys, (known?.number ?? 0) + 1)
    known = result
    return result
  }

  /// Where the keys are, as the provider says of itself.
  private func discover() async throws -> String {
    if let keySetURL { return keySetURL }
    let document = try JSONValue(json: try await fetch(discoveryURL, nil))
    let said = document["issuer"]?.stringValue ?? ""
    guard said == issuer else {
      throw TokenRefusal(
        "oidc: issuer did not match the issuer returned by provider, expected \(issuer.goQuoted) got \(said.goQuoted)")
    }
    guard let url = document["jwks_uri"]?.stringValue, url.hasPrefix("https://") else {
      throw TokenRefusal("oidc: the provider \(issuer) does not say where its keys are (jwks_uri)")
    }
    keySetURL = url
    return url
  }
}
