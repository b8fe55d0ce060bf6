import APIMachinery
import PKI

/// Nobody asks for a client certificate of the group that may do everything
/// (admission plugin CertificateSubjectRestriction).
public struct CertificateSubjectRestriction: Admission {
  public init() {}

  public var interest: AdmissionInterest { .validating(CertificateRequests.resource) }

  public func mutate(_ request: inout AdmissionRequest) async throws {}

  public func validate(_ request: AdmissionRequest) async throws {
    guard request.operation == .create, request.subresource.isEmpty,
      request.resource.groupResource == CertificateRequests.resource, let object = request.object
    else { return }
    let signer = CertificateSigner.Name.apiServerClient.rawValue
    guard object["spec"]?["signerName"]?.stringValue == signer else { return }
    let wanted: CertificateRequest
    do throws(PKIError) { wanted = try CertificateRequests.parse(object) } catch {
      throw StatusError.forbidden(
        CertificateRequests.resource, request.name, "failed to parse CSR: \(error.message)")
    }
    guard !wanted.organizations.contains("system:masters") else {
      throw StatusError.forbidden(
        CertificateRequests.resource, request.name, "use of \(signer) signer with system:masters group is not allowed")
    }
  }
}
