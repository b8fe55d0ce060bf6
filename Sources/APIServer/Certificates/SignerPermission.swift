import APIMachinery

/// Whether a user may approve or sign for a signer: a verb on the virtual resource `signers`, of that name or of
/// `DOMAIN/*` (Kubernetes, "Certificate Signing Requests", authorization).
struct SignerPermission: Sendable {
  let authorizer: any Authorizer

  func allows(_ user: User, _ verb: String, _ signer: String) async -> Bool {
    let domain = signer.prefix { $0 != "/" }
    for name in [signer, "\(domain)/*"] {
      let info = RequestInfo(verb: verb, group: "certificates.k8s.io", version: "*", resource: "signers", name: name)
      if case .allowed = await authorizer.authorize(user, info) { return true }
    }
    return false
  }
}
