import APIMachinery

/// A file that says who is asked what users may do (`--authorization-config`; `apiserver.config.k8s.io`
/// AuthorizationConfiguration).
public struct AuthorizationConfiguration: Sendable {
  /// One authorizer.
  public enum Member: Sendable {
    case alwaysAllow, alwaysDeny, node, rbac
    case webhook(WebhookAuthorizer.Settings)
    case policies(PolicyFileAuthorizer)
  }

  /// In the order in which they are asked.
  public let members: [Member]

  static let kind: ConfigurationKind = {
    typealias Kind = ConfigurationKind
    let text = Kind.text
    let webhook = Kind.object([
      ("authorizedTTL", text), ("cacheAuthorizedRequests", Schema(.boolean)), ("unauthorizedTTL", text),
      ("cacheUnauthorizedRequests", Schema(.boolean)), ("timeout", text), ("subjectAccessReviewVersion", text),
      ("matchConditionSubjectAccessReviewVersion", text), ("failurePolicy", text),
      ("connectionInfo", Kind.object([("type", text), ("kubeConfigFile", text)])),
      ("matchConditions", Kind.list(Kind.object([("expression", text)]))),
    ])
    return Kind(
      "apiserver.config.k8s.io", ["v1", "v1beta1", "v1alpha1"], "AuthorizationConfiguration",
      [SchemaProperty("authorizers", Kind.list(Kind.object([("type", text), ("name", text), ("webhook", webhook)])))])
  }()

  /// - Parameters:
  ///   - text: YAML or JSON.
  ///   - read: reads a file that the text names.
  /// - Throws: 400 where the text is no such configuration, 422 that names every field that is wrong.
  public init(_ text: [UInt8], read: @escaping (_ path: String) throws -> [UInt8]) throws(StatusError) {
    let file = try Self.kind.read(text)
    var reader = AuthorizerReader(read)
    members = reader.members(file["authorizers"]?.arrayValue ?? [])
    guard reader.errors.isEmpty else {
      throw .invalid(GroupKind(group: Self.kind.group, kind: Self.kind.kind), "", reader.errors)
    }
  }

  /// What flags say in the place of a file (`--authorization-mode`).
  public init(_ members: [Member]) { self.members = members }
}
