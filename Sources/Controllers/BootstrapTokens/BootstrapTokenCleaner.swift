import APIMachinery
import ClusterClient

/// Removes bootstrap tokens when their time is over (kube-controller-manager's token-cleaner controller).
public struct BootstrapTokenCleaner: Sendable {
  private let client: any ClusterClient
  private let now: @Sendable () -> Int64

  /// - Parameter now: seconds since 1970.
  public init(_ client: any ClusterClient, now: @escaping @Sendable () -> Int64 = { Timestamp.now.seconds }) {
    self.client = client
    self.now = now
  }

  /// Works until the task is cancelled.
  public func run() async {
    await Reconciler(client, of: BootstrapSecret.resource, where: { BootstrapSecret($0) != nil }) {
      try await clean($0)
    }.run()
  }

  private func clean(_ key: Reconciler.Key) async throws -> Duration? {
    guard let resource = client.resource(BootstrapSecret.resource),
      let object = try await client.find(BootstrapSecret.resource, key), let secret = BootstrapSecret(object)
    else { return nil }
    guard secret.hasEnded(at: now()) else {
      guard case .at(let end) = secret.end else { return nil }
      return .seconds(end - now())
    }
    try await client.delete(
      resource, namespace: key.namespace, name: key.name, uid: object.header.uid, policy: .background)
    return nil
  }
}
