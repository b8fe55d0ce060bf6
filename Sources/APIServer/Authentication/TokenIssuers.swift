import Synchronization

/// Those who know tokens of issuers that the operator names, and may name anew while the server runs.
public final class TokenIssuers: Sendable {
  private let present: Mutex<[any TokenAuthenticator]>

  public init(_ members: [any TokenAuthenticator] = []) { present = Mutex(members) }

  var members: [any TokenAuthenticator] { present.withLock { $0 } }

  /// From now on these are asked; whoever is being asked goes on.
  public func replace(_ members: [any TokenAuthenticator]) { present.withLock { $0 = members } }
}
