import APIMachinery

/// Only who may `sign` for a signer writes a certificate, or conditions, into a request to it
/// (admission plugin CertificateSigning).
public struct CertificateSigning: Admission {
  private let permission: SignerPermission

  public init(_ authorizer: any Authorizer) { permission = SignerPermission(authorizer: authorizer) }

  public var interest: AdmissionInterest { .validating(CertificateRequests.resource) }

  public func mutate(_ request: inout AdmissionRequest) async throws {}

  public func validate(_ request: AdmissionRequest) async throws {
    guard request.subresource == "status", request.operation == .update,
      request.resource.groupResource == CertificateRequests.resource, let old = request.oldObject
    else { return }
    let (before, after) = (old["status"], request.object?["status"])
    guard before?["certificate"] != after?["certificate"] || before?["conditions"] != after?["conditions"] else {
      return
    }
    let signer = old["spec"]?["signerName"]?.stringValue ?? ""
    guard await permission.allows(request.user, "sign", signer) else {
      throw StatusError.forbidden(
        CertificateRequests.resource, request.name,
        "user not permitted to sign requests with signerName \(signer.goQuoted)")
    }
  }
}
