/// Credentials for a registry, in `POST /auth` and (in base64) in the `X-Registry-Auth` header: moby's `registry.AuthConfig`.
public struct AuthConfig: JSONObject, Hashable {
  public static let goType = "registry.AuthConfig"

  public var username = ""
  public var password = ""
  /// `username:password` in base64, where a client sends that instead.
  public var auth = ""
  public var email = ""
  public var serverAddress = ""
  public var identityToken = ""
  public var registryToken = ""

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("username", &username, .omitEmpty)
    visit("password", &password, .omitEmpty)
    visit("auth", &auth, .omitEmpty)
    visit("email", &email, .omitEmpty)
    visit("serveraddress", &serverAddress, .omitEmpty)
    visit("identitytoken", &identityToken, .omitEmpty)
    visit("registrytoken", &registryToken, .omitEmpty)
  }

  /// Reads the header's value: JSON in the URL-safe base64 alphabet (the usual one is taken as well). An empty value is no credentials.
  ///
  /// - Throws: ``JSONError`` with `invalid X-Registry-Auth header: …`.
  public static func fromHeader(_ text: String) throws(JSONError) -> AuthConfig {
    if text.isEmpty { return AuthConfig() }
    guard let bytes = Base64.decode(text) else {
      throw JSONError(.syntax, "invalid X-Registry-Auth header: illegal base64 data")
    }
    do {
      return try DockerJSON.decode(AuthConfig.self, from: bytes)
    } catch {
      throw JSONError(error.code, "invalid X-Registry-Auth header: " + error.message)
    }
  }
}

/// Answer of `POST /auth`.
public struct AuthenticateResponse: JSONObject, Hashable {
  public static let goType = "registry.AuthenticateOKBody"

  public var identityToken = ""
  public var status = ""

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("IdentityToken", &identityToken)
    visit("Status", &status)
  }
}
