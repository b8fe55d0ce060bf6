import APIServer
import AsyncWork
import ContainerEngine
import Linux

/// Who is asked what users may do. What the operator says of it in a file is followed while the server runs.
final class ServerAuthorization: Sendable {
  /// Asks whoever is to be asked at the time.
  let authorizer: any Authorizer
  private let replaceable: ReplaceableAuthorizer
  private let options: AuthorizationOptions
  private let node: NodeAuthorizer
  private let rbac: RBACAuthorizer
  private let client: OutboundClient
  private let file: FollowedFile?

  /// - Parameters:
  ///   - client: by which webhooks are asked.
  ///   - registry: given late, because what decides about requests stands in the registry's own way.
  init(
    _ options: AuthorizationOptions, _ cluster: ClusterStore, client: OutboundClient, _ pool: BlockingPool,
    registry: @escaping @Sendable () -> Registry
  ) async throws {
    self.options = options
    self.client = client
    node = NodeAuthorizer(cluster)
    rbac = RBACAuthorizer(registry)
    file = try await FollowedFile.read(options.followedFile, pool)
    let bytes = file?.bytes
    let configuration = try await pool.run { try options.configuration(bytes) { try FileSystem.read($0) } }
    replaceable = ReplaceableAuthorizer(Self.chain(configuration, node, rbac, client))
    // Whatever the operator says: nobody is locked out for good.
    authorizer = AuthorizerChain([MastersAuthorizer(), replaceable])
  }

  private static func chain(
    _ configuration: AuthorizationConfiguration, _ node: NodeAuthorizer, _ rbac: RBACAuthorizer,
    _ client: OutboundClient
  ) -> AuthorizerChain {
    AuthorizerChain(
      configuration.members.map { member -> any Authorizer in
        switch member {
        case .alwaysAllow: ConstantAuthorizer.alwaysAllow
        case .alwaysDeny: ConstantAuthorizer.alwaysDeny
        case .node: node
        case .rbac: rbac
        case .webhook(let settings): WebhookAuthorizer(settings, client: client)
        case .policies(let policies): policies
        }
      })
  }

  /// Follows the file until the task is cancelled.
  func run(_ pool: BlockingPool) async {
    await file?.follow(pool) { bytes in
      let configuration = try await pool.run { [options] in
        try options.configuration(bytes) { try FileSystem.read($0) }
      }
      replaceable.replace(by: Self.chain(configuration, node, rbac, client))
    }
  }
}
