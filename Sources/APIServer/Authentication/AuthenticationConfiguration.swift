import APIMachinery
import PKI

/// A file that says whose tokens are believed and who may be nobody (`--authentication-config`;
/// `apiserver.config.k8s.io` AuthenticationConfiguration).
public struct AuthenticationConfiguration: Sendable {
  public let issuers: [OpenIDConfiguration]
  /// Nil where the file does not say.
  public let anonymous: AnonymousAccess?

  private static let mostIssuers = 64

  private static let kind: ConfigurationKind = {
    typealias Kind = ConfigurationKind
    let text = Kind.text
    let mapping = Kind.object([("claim", text), ("prefix", text), ("expression", text)])
    let authenticator = Kind.object([
      (
        "issuer",
        Kind.object([
          ("url", text), ("discoveryURL", text), ("certificateAuthority", text), ("audiences", Kind.texts),
          ("audienceMatchPolicy", text), ("egressSelectorType", text),
        ])
      ),
      (
        "claimValidationRules",
        Kind.list(
          Kind.object([("claim", text), ("requiredValue", text), ("expression", text), ("message", text)]))
      ),
      (
        "claimMappings",
        Kind.object([
          ("username", mapping), ("groups", mapping), ("uid", Kind.object([("claim", text), ("expression", text)])),
          ("extra", Kind.list(Kind.object([("key", text), ("valueExpression", text)]))),
        ])
      ), ("userValidationRules", Kind.list(Kind.object([("expression", text), ("message", text)]))),
    ])
    return Kind(
      "apiserver.config.k8s.io", ["v1", "v1beta1", "v1alpha1"], "AuthenticationConfiguration",
      [
        SchemaProperty("jwt", Kind.list(authenticator)),
        SchemaProperty(
          "anonymous",
          Kind.object([
            ("enabled", Schema(.boolean)), ("conditions", Kind.list(Kind.object([("path", text)]))),
          ])),
      ])
  }()

  /// - Parameters:
  ///   - text: YAML or JSON.
  ///   - disallowed: issuers that no provider may be called by: this server's own.
  /// - Throws: 400 where the text is no such configuration, 422 that names every field that is wrong.
  public init(_ text: [UInt8], disallowed: [String]) throws(StatusError) {
    let file = try Self.kind.read(text)
    var errors: [FieldError] = []
    let items = file["jwt"]?.arrayValue ?? []
    var issuers: [OpenIDConfiguration] = []
    if items.count > Self.mostIssuers {
      errors.append(.tooMany(FieldPath("jwt"), count: items.count, maximum: Self.mostIssuers))
    } else {
      var (urls, discoveryURLs): (Set<String>, Set<String>) = ([], [])
      for (index, item) in items.enumerated() {
        let path = FieldPath("jwt").index(index)
        var reader = TokenIssuerReader(item, path, disallowed: disallowed)
        let issuer = reader.read()
        errors += reader.errors
        if !urls.insert(issuer.issuer).inserted {
          errors.append(.duplicate(path.child("issuer").child("url"), .string(issuer.issuer)))
        }
        if let url = issuer.discoveryURL, !discoveryURLs.insert(url).inserted {
          errors.append(.duplicate(path.child("issuer").child("discoveryURL"), .string(url)))
        }
        issuers.append(issuer)
      }
    }
    let anonymous = file["anonymous"].map { value in
      AnonymousAccess(
        isEnabled: value["enabled"]?.boolValue ?? false,
        paths: Set((value["conditions"]?.arrayValue ?? []).compactMap { $0["path"]?.stringValue }))
    }
    if let value = file["anonymous"], value["enabled"]?.boolValue != true,
      let conditions = value["conditions"], conditions != .array([])
    {
      errors.append(
        .invalid(
          FieldPath("anonymous", "conditions"), conditions,
          "enabled should be set to true when conditions are defined"))
    }
    guard errors.isEmpty else {
      throw .invalid(GroupKind(group: Self.kind.group, kind: Self.kind.kind), "", errors)
    }
    self.issuers = issuers
    self.anonymous = anonymous
  }
}
