import APIMachinery
import ClusterClient
import PKI

/// Signs approved requests for the signers that Kubernetes has built in
/// (kube-controller-manager's csrsigning controllers).
public struct CertificateSigningController: Sendable {
  private let client: any ClusterClient
  private let authority: @Sendable () -> Authority
  private let lifetime: Int64

  /// - Parameters:
  ///   - authority: signs now.
  ///   - lifetime: in seconds, what certificates last at most and where nothing is asked for.
  public init(
    _ client: any ClusterClient, lifetime: Int64 = 365 * 86_400, authority: @escaping @Sendable () -> Authority
  ) {
    self.client = client
    self.lifetime = lifetime
    self.authority = authority
  }

  /// Works until the task is cancelled.
  public func run() async {
    await Reconciler(client, of: SigningRequest.resource, where: { _ in true }) { key in
      try await sign(key)
      return nil
    }.run()
  }

  private func sign(_ key: Reconciler.Key) async throws {
    guard let resource = client.resource(SigningRequest.resource),
      let object = try await client.find(SigningRequest.resource, key)
    else { return }
    let request = SigningRequest(object)
    guard !request.isIssued, request.isApproved, !request.hasFailed,
      let name = CertificateSigner.Name(rawValue: request.signer)
    else { return }
    let signer = CertificateSigner(name, authority(), lifetime: lifetime)
    let changed: JSONObject
    do throws(PKIError) {
      let usages = request.usages.compactMap(CertificateUsage.init)
      changed = request.adding(
        certificate: try signer.sign(
          try request.parse(), usages: usages, expirationSeconds: request.expirationSeconds))
    } catch {
      // An authority that has ended is followed by another one.
      guard error.code != .expired else { throw error }
      changed = request.adding(condition: "Failed", reason: "SignerValidationFailure", message: error.message)
    }
    _ = try await client.update(resource, subresource: "status", changed)
  }
}
