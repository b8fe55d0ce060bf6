import APIMachinery
import HTTPService

/// Whose a bearer token is.
public struct TokenBearer: Sendable, Equatable {
  public var user: User
  /// Those of the audiences that were asked for which the token is meant for.
  public var audiences: [String]

  public init(user: User, audiences: [String]) {
    self.user = user
    self.audiences = audiences
  }
}

/// Why a token is not believed, in words that its bearer may read.
public struct TokenRefusal: Error, Sendable, CustomStringConvertible {
  public let message: String
  public init(_ message: String) { self.message = message }
  public var description: String { message }
}

/// Knows the bearers of one kind of token.
public protocol TokenAuthenticator: Sendable {
  /// - Parameter audiences: whom the token must be meant for, one at least.
  /// - Returns: nil for a token of another kind.
  /// - Throws: `TokenRefusal`.
  func bearer(of token: String, audiences: [String]) async throws -> TokenBearer?
}

/// Bearer tokens (RFC 6750), in the `Authorization` header or, for browsers that can set none on a WebSocket, among its
/// subprotocols.
public struct BearerTokens: Authenticator {
  private let members: [any TokenAuthenticator]
  private let issuers: TokenIssuers
  private let webhook: WebhookTokens?
  /// Whom a token is meant for that is sent to this server.
  private let audiences: [String]

  private static let protocolPrefix = "base64url.bearer.authorization.k8s.io."

  /// - Parameters:
  ///   - issuers: asked after the others.
  ///   - webhook: asked about what nobody else knows; nil where there is none.
  ///   - audiences: the server's own names as an audience.
  public init(
    _ members: [any TokenAuthenticator], issuers: TokenIssuers = TokenIssuers(), webhook: WebhookTokens? = nil,
    audiences: [String]
  ) {
    self.webhook = webhook
    self.members = members
    self.issuers = issuers
    self.audiences = audiences
  }

  public func authenticate(_ request: Request) async throws -> User? {
    guard let token = try Self.token(in: request) else { return nil }
    do {
      // A token that nobody knows is wrong, and not no token.
      guard let bearer = try await bearer(of: token, audiences: []) else { throw StatusError.unauthorized() }
      return bearer.user
    } catch is TokenRefusal {
      throw StatusError.unauthorized()
    }
  }

  public func bearer(of token: String, audiences wanted: [String]) async throws -> TokenBearer? {
    var refusals: [String] = []
    for member in members + issuers.members + (webhook.map { [$0] } ?? []) {
      do {
        if var bearer = try await member.bearer(of: token, audiences: wanted.isEmpty ? audiences : wanted) {
          if !bearer.user.groups.contains("system:authenticated") { bearer.user.groups.append("system:authenticated") }
          return bearer
        }
      } catch let refusal as TokenRefusal {
        // Another kind may still know it.
        refusals.append(refusal.message)
      }
    }
    guard !refusals.isEmpty else { return nil }
    throw TokenRefusal(refusals.count == 1 ? refusals[0] : "[\(refusals.joined(separator: ", "))]")
  }

  /// - Returns: nil where there is none.
  /// - Throws: 401 for one that cannot be read.
  private static func token(in request: Request) throws(StatusError) -> String? {
    if let header = request.headers["Authorization"] {
      guard let words = bearerWords(of: header), let token = words.first, !token.isEmpty else { return nil }
      return String(Substring(token))
    }
    guard request.wantsWebSocket else { return nil }
    guard let name = subprotocols(of: request).first(where: { $0.hasPrefix(protocolPrefix) }) else { return nil }
    guard let bytes = Base64.decodeURL(name.dropFirst(protocolPrefix.count)),
      let token = String(validating: bytes, as: UTF8.self), !token.isEmpty
    else {
      throw .unauthorized()
    }
    return token
  }

  /// What stands behind the scheme; nil for another one. One space ends the scheme, and another one the token: more before
  /// it make a header without one (RFC 6750, section 2.1).
  private static func bearerWords(of header: String) -> ArraySlice<Substring.UTF8View>? {
    let words = header.utf8.split(separator: UInt8(ascii: " "), maxSplits: 2, omittingEmptySubsequences: false)
    guard words[0].elementsEqual("bearer".utf8, by: { $0 | 0x20 == $1 }) else { return nil }
    return words.dropFirst()
  }

  /// What a client is told whose token was not looked at.
  static func warning(about request: Request) -> String? {
    guard let words = request.headers["Authorization"].flatMap(bearerWords), words.count == 2,
      words.first?.isEmpty == true
    else { return nil }
    return "the provided Authorization header contains extra space before the bearer token, and is ignored"
  }

  private static func subprotocols(of request: Request) -> [String] {
    request.headers.all("Sec-WebSocket-Protocol").flatMap { $0.split(separator: ",") }.map { $0.filter { $0 != " " } }
  }

  /// The subprotocols that a client offers, but for those that carry a token.
  static func plainSubprotocols(of request: Request) -> [String] {
    subprotocols(of: request).filter { !$0.hasPrefix(protocolPrefix) }
  }
}

/// Tokens that say nothing of whom they are meant for are meant for this server.
struct OwnAudience: Sendable {
  let audiences: [String]

  /// - Returns: the audiences in common; nil where there are none.
  func common(with wanted: [String]) -> [String]? {
    let common = wanted.filter(audiences.contains)
    return common.isEmpty ? nil : common
  }
}
