import ContainerEngine
import DockerAPI
import HTTPService

/// The Docker Engine API on top of a ``ContainerEngine``: from request to engine and back.
///
/// ``handler`` answers every path with and without a version (`/v1.43/containers/json`, `/containers/json`).
public struct DockerServer: Sendable {
  private let product: Product
  private let router: Router

  /// What `GET /version` says about the program.
  public struct Product: Sendable {
    public var name: String
    public var version: String
    /// The commit it was built from; may be empty.
    public var commit: String
    /// When it was built, RFC 3339; may be empty.
    public var buildTime: String

    /// Makes a product.
    public init(name: String = "Apus", version: String, commit: String = "", buildTime: String = "") {
      self.name = name
      self.version = version
      self.commit = commit
      self.buildTime = buildTime
    }
  }

  /// Makes a server.
  public init(engine: ContainerEngine, product: Product) {
    self.product = product
    router = Routes.router { request, endpoint in
      let version = request.storage[VersionKey.self] ?? .newest
      return try await endpoint(Call(request: request, version: version, engine: engine, product: product))
    }
  }

  /// Answers requests; hand it to an HTTP server.
  public var handler: Handler {
    { request in await respond(to: request) }
  }

  /// Answers what fails outside of an endpoint (a request that is not HTTP, a stream that breaks before its first byte) in
  /// Docker's shape; hand it to the same HTTP server.
  public var errorRenderer: @Sendable (any Error, Request?) -> Response {
    { error, _ in introduced(ErrorAnswer.response(error)) }
  }

  private func respond(to request: Request) async -> Response {
    do {
      return introduced(try await dispatch(request))
    } catch {
      return introduced(ErrorAnswer.response(error))
    }
  }

  /// With the headers that every answer has.
  private func introduced(_ response: Response) -> Response {
    var response = response
    response.headers["Api-Version"] = APIVersion.newest.description
    response.headers["Docker-Experimental"] = "false"
    response.headers["Ostype"] = "linux"
    response.headers["Server"] = "\(product.name)/\(product.version) (linux)"
    return response
  }

  private func dispatch(_ request: Request) async throws -> Response {
    let (version, segments) = try Self.splitVersion(request.segments)
    try version.validate()
    var request = request
    request.segments = segments
    request.storage[VersionKey.self] = version
    return try await router.handle(request)
  }

  private enum VersionKey: StorageKey {
    typealias Value = APIVersion
  }

  /// Takes a version off the front of a path.
  static func splitVersion(_ segments: [String]) throws -> (APIVersion, [String]) {
    guard let first = segments.first, first.hasPrefix("v"), first.count > 1,
      first.dropFirst().allSatisfy({ $0 == "." || ($0.isASCII && $0.isNumber) })
    else { return (.newest, segments) }
    guard let version = APIVersion(first.dropFirst()) else { throw RefusedError(.notFound, "page not found") }
    return (version, Array(segments.dropFirst()))
  }
}
