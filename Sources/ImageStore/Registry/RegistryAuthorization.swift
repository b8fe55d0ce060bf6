import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import NIOHTTP1
import OCI
import Synchronization

/// Proves to one registry who asks: Basic, or a bearer token from the service that the registry's challenge names
/// (distribution, "Token Authentication Specification").
final class RegistryAuthorization: Sendable {
  private let credentials: RegistryCredentials
  private let header: Mutex<String?>
  /// Whether a token that outlives the password is asked for too.
  private let wantsIdentityToken: Bool
  private let givenIdentityToken: Mutex<String>

  init(_ credentials: RegistryCredentials, wantsIdentityToken: Bool = false) {
    self.credentials = credentials
    self.wantsIdentityToken = wantsIdentityToken
    givenIdentityToken = Mutex(credentials.identityToken)
    header = Mutex(credentials.registryToken.isEmpty ? nil : "Bearer \(credentials.registryToken)")
  }

  /// Value of `Authorization`, nil before a challenge was met.
  var current: String? { header.withLock { $0 } }

  /// Whether a challenge was met with the name and the password themselves.
  var isBasic: Bool { current?.hasPrefix("Basic ") == true }

  /// The identity token: what the token service gave, or what was brought along.
  var identityToken: String { givenIdentityToken.withLock { $0 } }

  /// Meets a challenge; false where that is impossible.
  func answer(
    _ challenges: [AuthenticationChallenge], scopes: [String], registryIsPlain: Bool,
    send: (HTTPClientRequest) async throws -> HTTPClientResponse
  ) async throws -> Bool {
    if let bearer = challenges.first(where: { $0.scheme == "bearer" }), let realm = bearer.parameters["realm"] {
      let token = try await token(realm, bearer, scopes: scopes, registryIsPlain: registryIsPlain, send: send)
      header.withLock { $0 = "Bearer \(token)" }
      return true
    }
    if challenges.contains(where: { $0.scheme == "basic" }), !credentials.username.isEmpty {
      let value = basic
      return header.withLock { header in
        // The same answer again would be refused again.
        if header == value { return false }
        header = value
        return true
      }
    }
    return false
  }

  /// Whether a name and a password, and nothing else, would meet a challenge, and there are none.
  func lacksCredentials(for challenges: [AuthenticationChallenge]) -> Bool {
    !challenges.isEmpty && challenges.allSatisfy { $0.scheme == "basic" } && credentials.username.isEmpty
  }

  private var basic: String {
    "Basic " + Data("\(credentials.username):\(credentials.password)".utf8).base64EncodedString()
  }

  private func token(
    _ realm: String, _ challenge: AuthenticationChallenge, scopes: [String], registryIsPlain: Bool,
    send: (HTTPClientRequest) async throws -> HTTPClientResponse
  ) async throws -> String {
    guard realm.hasPrefix("https://") || realm.hasPrefix("http://") else {
      throw RegistryFailure(.malformed, "invalid token realm \"\(realm)\"")
    }
    if realm.hasPrefix("http://") && !registryIsPlain && !credentials.isEmpty {
      throw RegistryFailure(.malformed, "refusing to send credentials to \"\(realm)\" without TLS")
    }
    let wanted = scopes.isEmpty ? [challenge.parameters["scope"]].compactMap { $0 } : scopes
    var fields: [(String, String)] = []
    if let service = challenge.parameters["service"] { fields.append(("service", service)) }
    var request: HTTPClientRequest
    if !credentials.identityToken.isEmpty {
      fields += [
        ("scope", wanted.joined(separator: " ")), ("grant_type", "refresh_token"),
        ("client_id", "apus"), ("refresh_token", credentials.identityToken),
      ]
      request = HTTPClientRequest(url: realm)
      request.method = .POST
      request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
      request.body = .bytes(ByteBuffer(string: Self.form(fields)))
    } else {
      fields += wanted.map { ("scope", $0) }
      if wantsIdentityToken { fields += [("offline_token", "true"), ("client_id", "apus")] }
      if !credentials.username.isEmpty { fields.append(("account", credentials.username)) }
      request = HTTPClientRequest(url: realm + (realm.contains("?") ? "&" : "?") + Self.form(fields))
      if !credentials.username.isEmpty { request.headers.add(name: "Authorization", value: basic) }
    }
    let response = try await send(request)
    let body = try await Array(buffer: response.body.collect(upTo: 1 << 20))
    guard response.status == .ok else {
      let words = RegistryErrorBody(body)
      throw RegistryFailure(
        .status(Int(response.status.code)),
        words?.text
          ?? (response.status == .unauthorized
            ? "unauthorized: authentication required"
            : "unexpected status from token service \(realm): \(response.status)"),
        body: words,
        isFromTokenService: true)
    }
    struct Answer: Decodable {
      let token: String?
      let accessToken: String?
      let refreshToken: String?
      enum CodingKeys: String, CodingKey {
        case token
        case accessToken = "access_token"
        case refreshToken = "refresh_token"
      }
    }
    guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(body)),
      let token = answer.token ?? answer.accessToken, !token.isEmpty, !token.contains(where: { $0.isNewline })
    else { throw RegistryFailure(.malformed, "the token service \(realm) gave no token") }
    if let given = answer.refreshToken, !given.isEmpty { givenIdentityToken.withLock { $0 = given } }
    return token
  }

  private static func form(_ fields: [(String, String)]) -> String {
    fields.map { "\(escape($0.0))=\(escape($0.1))" }.joined(separator: "&")
  }

  private static func escape(_ text: String) -> String {
    var out = ""
    for byte in text.utf8 {
      let isPlain =
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        || [0x2D, 0x2E, 0x5F, 0x7E].contains(byte)
      out += isPlain ? String(UnicodeScalar(byte)) : "%" + Hexadecimal.encode([byte]).uppercased()
    }
    return out
  }
}
