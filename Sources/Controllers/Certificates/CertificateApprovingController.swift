import APIMachinery
import ClusterClient
import PKI

/// Approves the requests of nodes for certificates as clients, where those who ask may have one
/// (kube-controller-manager's csrapproving controller).
public struct CertificateApprovingController: Sendable {
  private let client: any ClusterClient
  private let isAllowed: AccessReview

  /// - Parameter isAllowed: asks who may do what.
  public init(_ client: any ClusterClient, isAllowed: @escaping AccessReview) {
    self.client = client
    self.isAllowed = isAllowed
  }

  /// Works until the task is cancelled.
  public func run() async {
    await Reconciler(client, of: SigningRequest.resource, where: { _ in true }) { key in
      try await approve(key)
      return nil
    }.run()
  }

  private func approve(_ key: Reconciler.Key) async throws {
    guard let resource = client.resource(SigningRequest.resource),
      let object = try await client.find(SigningRequest.resource, key)
    else { return }
    let request = SigningRequest(object)
    guard !request.isIssued, !request.isDecided, request.signer == CertificateSigner.Name.kubeletClient.rawValue,
      let wanted = try? request.parse()
    else { return }
    // The rules of its signer are what a node's certificate looks like.
    do throws(PKIError) {
      try CertificateSigner.check(
        wanted, usages: request.usages.compactMap(CertificateUsage.init), for: .kubeletClient)
    } catch { return }
    let kinds =
      (wanted.commonName == request.userName
        ? [("selfnodeclient", "Auto approving self kubelet client certificate after SubjectAccessReview.")] : [])
      + [("nodeclient", "Auto approving kubelet client certificate after SubjectAccessReview.")]
    for (subresource, message) in kinds where await isAllowed(question(request, subresource)) {
      _ = try await client.update(
        resource, subresource: "approval",
        request.adding(condition: "Approved", reason: "AutoApproved", message: message))
      return
    }
    // Who asks may be allowed to later.
    throw NotAllowed()
  }

  private struct NotAllowed: Error {}

  private func question(_ request: SigningRequest, _ subresource: String) -> AccessQuestion {
    let spec = request.object.value(at: ["spec"])
    var extra: [String: [String]] = [:]
    for (name, values) in spec?["extra"]?.objectValue ?? [:] {
      extra[name] = (values.arrayValue ?? []).compactMap(\.stringValue)
    }
    return AccessQuestion(
      user: request.userName, uid: spec?["uid"]?.stringValue ?? "",
      groups: (spec?["groups"]?.arrayValue ?? []).compactMap(\.stringValue), extra: extra, verb: "create",
      group: SigningRequest.resource.group, resource: SigningRequest.resource.resource, subresource: subresource)
  }
}
