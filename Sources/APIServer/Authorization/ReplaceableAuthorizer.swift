import Synchronization

/// An authorizer that another one can take the place of while requests are judged: what the operator says of authorizers
/// may change.
public final class ReplaceableAuthorizer: Authorizer {
  private let present: Mutex<any Authorizer>

  public init(_ authorizer: any Authorizer) { present = Mutex(authorizer) }

  /// From the next request on another one decides.
  public func replace(by authorizer: any Authorizer) { present.withLock { $0 = authorizer } }

  public func authorize(_ user: User, _ info: RequestInfo) async -> Decision {
    let authorizer = present.withLock { $0 }
    return await authorizer.authorize(user, info)
  }

  public func rules(of user: User, in namespace: String) -> ResolvedRules {
    present.withLock { $0 }.rules(of: user, in: namespace)
  }
}
