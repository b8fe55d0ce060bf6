import APIMachinery

/// What pods tolerate and may tolerate, in namespaces that say nothing of it (`podtolerationrestriction.admission.k8s.io`
/// Configuration).
public struct TolerationConfiguration: Sendable {
  private(set) var usual: [JSONValue] = []
  /// Empty for all.
  private(set) var allowed: [JSONValue] = []

  /// Nothing, and anything.
  public init() {}

  private static let kind: ConfigurationKind = {
    typealias Kind = ConfigurationKind
    let toleration = Kind.object([
      ("key", Kind.text), ("operator", Kind.text), ("value", Kind.text), ("effect", Kind.text),
      ("tolerationSeconds", Schema(.integer, format: "int64")),
    ])
    return Kind(
      "podtolerationrestriction.admission.k8s.io", ["v1alpha1"], "Configuration",
      [SchemaProperty("default", Kind.list(toleration)), SchemaProperty("whitelist", Kind.list(toleration))])
  }()

  /// - Throws: 400 where the value is no such configuration.
  init(_ value: JSONValue) throws(StatusError) {
    let file = try Self.kind.read(value)
    usual = file["default"]?.arrayValue ?? []
    allowed = file["whitelist"]?.arrayValue ?? []
  }
}
