import APIMachinery

/// Only who may `approve` for a signer approves or denies a request to it (admission plugin CertificateApproval).
public struct CertificateApproval: Admission {
  private let permission: SignerPermission

  public init(_ authorizer: any Authorizer) { permission = SignerPermission(authorizer: authorizer) }

  public var interest: AdmissionInterest { .validating(CertificateRequests.resource) }

  public func mutate(_ request: inout AdmissionRequest) async throws {}

  public func validate(_ request: AdmissionRequest) async throws {
    guard request.subresource == "approval", request.operation == .update,
      request.resource.groupResource == CertificateRequests.resource, let old = request.oldObject
    else { return }
    let signer = old["spec"]?["signerName"]?.stringValue ?? ""
    guard await permission.allows(request.user, "approve", signer) else {
      throw StatusError.forbidden(
        CertificateRequests.resource, request.name,
        "user not permitted to approve requests with signerName \(signer.goQuoted)")
    }
  }
}
