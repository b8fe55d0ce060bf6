import APIMachinery
import ClusterClient
import PKI

/// Removes requests for certificates that nobody needs any more: requests are made without end where certificates are
/// short (kube-controller-manager's csrcleaner controller).
public struct CertificateCleaner: Sendable {
  private let client: any ClusterClient
  private let now: @Sendable () -> Int64

  /// Seconds for which requests stay: what came of them was read long before.
  private static let decided: Int64 = 3600
  private static let pending: Int64 = 24 * 3600

  /// - Parameter now: seconds since 1970.
  public init(_ client: any ClusterClient, now: @escaping @Sendable () -> Int64 = { Timestamp.now.seconds }) {
    self.client = client
    self.now = now
  }

  /// Works until the task is cancelled.
  public func run() async {
    await Reconciler(client, of: SigningRequest.resource, where: { _ in true }) { try await clean($0) }.run()
  }

  private func clean(_ key: Reconciler.Key) async throws -> Duration? {
    guard let resource = client.resource(SigningRequest.resource),
      let object = try await client.find(SigningRequest.resource, key)
    else { return nil }
    guard let end = Self.end(of: SigningRequest(object)) else { return nil }
    guard end < now() else { return .seconds(end - now() + 1) }
    try await client.delete(
      resource, namespace: "", name: key.name, uid: object.header.uid, policy: .background)
    return nil
  }

  /// Until when a request stays, in seconds since 1970; nil for one that stays until it changes.
  static func end(of request: SigningRequest) -> Int64? {
    func time(_ text: String?) -> Int64? { text.flatMap { Timestamp($0) }?.seconds }
    var ends: [Int64?] = []
    let updated = { (type: String) in time(request.condition(type)?["lastUpdateTime"]?.stringValue) }
    if request.condition("Denied") != nil { ends.append(updated("Denied").map { $0 + decided }) }
    if request.hasFailed { ends.append(updated("Failed").map { $0 + decided }) }
    if request.condition("Approved") != nil, request.isIssued {
      ends.append(updated("Approved").map { $0 + decided })
      if let pem = request.certificate, let chain = try? CertificateChain(pem: pem) { ends.append(chain.notAfter) }
    }
    if !request.hasConditions { ends.append(time(request.object.creationTimestamp).map { $0 + pending }) }
    return ends.compactMap { $0 }.min()
  }
}
