import X509

/// A signer of the API of certificate signing requests: what it demands of a request, and how long what it signs lasts.
///
/// The rules are those of the signers that Kubernetes has built in
/// (kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#kubernetes-signers).
public struct CertificateSigner: Sendable {
  /// Whose rules are applied.
  public struct Name: RawRepresentable, Hashable, Sendable {
    public let rawValue: String

    /// Nil where the name is no built-in signer's.
    public init?(rawValue: String) {
      guard [Self.apiServerClient, .kubeletClient, .kubeletServing, .legacyUnknown].map(\.rawValue).contains(rawValue)
      else { return nil }
      self.rawValue = rawValue
    }

    private init(known: String) { rawValue = known }

    /// Users and components; never approved by itself.
    public static let apiServerClient = Name(known: "kubernetes.io/kube-apiserver-client")
    /// Nodes as clients of the API server.
    public static let kubeletClient = Name(known: "kubernetes.io/kube-apiserver-client-kubelet")
    /// Nodes as servers.
    public static let kubeletServing = Name(known: "kubernetes.io/kubelet-serving")
    /// No rules at all.
    public static let legacyUnknown = Name(known: "kubernetes.io/legacy-unknown")
  }

  public let name: Name
  private let authority: Authority
  /// The longest lifetime, in seconds, and the one that a request without a wish gets.
  private let longest: Int64
  /// Shorter wishes are raised to this many seconds, twice of what a certificate is backdated.
  private static let shortest: Int64 = 2 * Authority.backdate

  /// - Parameter lifetime: in seconds, the longest and the default one; kube-controller-manager's is a year.
  public init(_ name: Name, _ authority: Authority, lifetime: Int64 = 365 * 86_400) {
    self.name = name
    self.authority = authority
    longest = lifetime
  }

  /// Checks a request against the signer's rules.
  /// - Throws: `usage` or `subject`, in Kubernetes' words.
  public func check(_ request: CertificateRequest, usages: [CertificateUsage]) throws(PKIError) {
    try Self.check(request, usages: usages, for: name)
  }

  /// Checks a request against the rules of a signer.
  /// - Throws: `usage` or `subject`, in Kubernetes' words.
  public static func check(
    _ request: CertificateRequest, usages: [CertificateUsage], for name: Name
  ) throws(PKIError) {
    switch name {
    case .apiServerClient:
      if let other = usages.first(where: { ![.digitalSignature, .keyEncipherment, .clientAuth].contains($0) }) {
        throw PKIError(.usage, "invalid usage for client certificate: \(other)")
      }
      guard usages.contains(.clientAuth) else {
        throw PKIError(.usage, "missing required usage for client certificate: \(CertificateUsage.clientAuth)")
      }
    case .kubeletClient:
      try checkNode(request)
      guard request.dnsNames.isEmpty else { throw PKIError(.subject, "DNS subjectAltNames are not allowed") }
      guard request.emails.isEmpty else { throw PKIError(.subject, "Email subjectAltNames are not allowed") }
      guard request.addresses.isEmpty else { throw PKIError(.subject, "IP subjectAltNames are not allowed") }
      guard request.uris.isEmpty else { throw PKIError(.subject, "URI subjectAltNames are not allowed") }
      try checkExact(usages, .clientAuth)
    case .kubeletServing:
      try checkNode(request)
      guard !request.dnsNames.isEmpty || !request.addresses.isEmpty else {
        throw PKIError(.subject, "DNS or IP subjectAltName is required")
      }
      guard request.emails.isEmpty else { throw PKIError(.subject, "Email subjectAltNames are not allowed") }
      guard request.uris.isEmpty else { throw PKIError(.subject, "URI subjectAltNames are not allowed") }
      try checkExact(usages, .serverAuth)
    default: break
    }
  }

  private static func checkNode(_ request: CertificateRequest) throws(PKIError) {
    guard request.organizations == ["system:nodes"] else {
      throw PKIError(.subject, "subject organization is not system:nodes")
    }
    guard request.commonName.hasPrefix("system:node:") else {
      throw PKIError(.subject, "subject common name does not begin with system:node:")
    }
  }

  /// Key encipherment is for RSA's sake and may be missing.
  private static func checkExact(_ usages: [CertificateUsage], _ purpose: CertificateUsage) throws(PKIError) {
    let given = Set(usages)
    let required: Set<CertificateUsage> = [.digitalSignature, purpose]
    guard given == required || given == required.union([.keyEncipherment]) else {
      let list = required.union([.keyEncipherment]).map(\.rawValue).sorted().joined(separator: " ")
      throw PKIError(.usage, "usages did not match [\(list)]")
    }
  }

  /// Checks and signs a request: its subject and its alternative names as they are, none of its other extensions.
  /// - Parameter expirationSeconds: the client's wish; shortened to the signer's lifetime, raised to ten minutes.
  /// - Returns: the certificate in PEM.
  /// - Throws: what `check` throws; `expired` where the authority has.
  public func sign(
    _ request: CertificateRequest, usages: [CertificateUsage], expirationSeconds: Int64? = nil
  ) throws(PKIError) -> String {
    try check(request, usages: usages)
    let lifetime = expirationSeconds.map { min(max($0, Self.shortest), longest) } ?? longest
    let certificate = try authority.sign(
      request.publicKey, subject: request.subject, alternativeNames: request.alternativeNames, usages: usages,
      lifetime: lifetime)
    return try certificate.pem
  }
}
