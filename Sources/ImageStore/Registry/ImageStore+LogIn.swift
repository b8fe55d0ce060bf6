import AsyncHTTPClient
import OCI

extension ImageStore {
  /// Asks a registry whether it takes credentials (`docker login`).
  /// - Parameter server: `host`, `host:port`, or a URL, of which the host counts; empty for docker.io.
  /// - Returns: the identity token to use instead of the password from now on; empty where the registry gives none.
  /// - Throws: `ImageStoreError`, `denied` where the registry refuses; `CancellationError`.
  public func logIn(to server: String, _ credentials: RegistryCredentials) async throws -> String {
    let host = try Self.loginHost(server, configuration)
    let session = RegistrySession(
      host: host, connections: registries, credentials: credentials, scopes: [], wantsIdentityToken: true)
    do {
      _ = try await session.ask(RegistryPath.root).body.collect(upTo: 1 << 20)
      return session.identityToken
    } catch let failure as RegistryFailure {
      let url = session.base + RegistryPath.root
      guard case .status(let code) = failure.kind else {
        throw ImageStoreError(
          failure.kind == .unauthenticated ? .denied : .unavailable, failure.message, cause: failure)
      }
      let message =
        failure.isFromTokenService
        ? "Get \"\(url)\": \(failure.message)"
        : "login attempt to \(url) failed with status: \(code) \(RegistryFailure.phrase(code))"
      throw ImageStoreError(code == 401 || code == 403 ? .denied : .unavailable, message, cause: failure)
    } catch { throw RegistryFailure.from(error, method: "GET", url: session.base + RegistryPath.root) }
  }

  /// The host that a login is for. All names of docker.io mean the one that serves it; its mirrors never see a password.
  static func loginHost(_ server: String, _ configuration: ImageStoreConfiguration) throws -> RegistryHost {
    var name = server[...]
    if let separator = server.firstRange(of: "://") { name = server[separator.upperBound...] }
    let authority = String(name.prefix { $0 != "/" })
    let isDefault = ["", Reference.defaultDomain, "index." + Reference.defaultDomain].contains(authority)
    guard isDefault || (try? Reference(authority + "/x"))?.domain == authority else {
      throw ImageStoreError(.invalid, "unable to parse server address: \"\(server)\"")
    }
    return RegistryHost.host(isDefault ? configuration.defaultRegistryHost : authority, configuration)
  }
}
