import APIMachinery

/// A file that says which resources are encrypted in the store, and by what (`--encryption-provider-config`;
/// `apiserver.config.k8s.io` EncryptionConfiguration).
public struct EncryptionConfiguration: Sendable {
  private let transformers: [GroupResource: ValueTransformers]
  /// Those that keep keys for it.
  let plugins: [EnvelopeCipher]

  private static let kind: ConfigurationKind = {
    typealias Kind = ConfigurationKind
    let text = Kind.text
    let keys = Kind.object([("keys", Kind.list(Kind.object([("name", text), ("secret", text)])))])
    let kms = Kind.object([
      ("apiVersion", text), ("name", text), ("cachesize", Schema(.integer)), ("endpoint", text), ("timeout", text),
    ])
    let provider = Kind.object([
      ("aesgcm", keys), ("aescbc", keys), ("secretbox", keys), ("identity", Kind.object([])), ("kms", kms),
    ])
    return Kind(
      "apiserver.config.k8s.io", ["v1"], "EncryptionConfiguration",
      [
        SchemaProperty(
          "resources", Kind.list(Kind.object([("resources", Kind.texts), ("providers", Kind.list(provider))])))
      ])
  }()

  /// - Parameter text: YAML or JSON.
  /// - Throws: 400 where the text is no such configuration, 422 that names every field that is wrong.
  public init(_ text: [UInt8]) throws(StatusError) {
    try self.init(text) { KMSPlugin(path: $0, timeout: $1) }
  }

  /// - Parameter service: reaches a plugin.
  init(
    _ text: [UInt8], service: (_ path: String, _ timeout: Duration) -> any KeyManagement
  ) throws(StatusError) {
    guard !text.isEmpty else { throw .badRequest("the file is empty") }
    let file = try Self.kind.read(text)
    let errors = EncryptionRules.check(file)
    guard errors.isEmpty else {
      throw .invalid(GroupKind(group: Self.kind.group, kind: Self.kind.kind), "", errors)
    }
    var members: [GroupResource: [ValueTransformers.Member]] = [:]
    var plugins: [EnvelopeCipher] = []
    for entry in file["resources"]?.arrayValue ?? [] {
      var own: [ValueTransformers.Member] = []
      for provider in entry["providers"]?.arrayValue ?? [] {
        if let kms = provider["kms"] {
          let plugin = try Self.plugin(kms, service)
          plugins.append(plugin)
          own.append(.init(prefix: Array("k8s:enc:kms:v2:\(plugin.name):".utf8), cipher: plugin, provider: nil))
        } else {
          own += Self.members(provider)
        }
      }
      for name in (entry["resources"]?.arrayValue ?? []).compactMap(\.stringValue) {
        let resource = Self.resource(name)
        for earlier in [GroupResource(group: resource.group, resource: "*"), Self.everything]
        where members[earlier] != nil {
          throw .badRequest(
            "resource \(Self.shown(resource).goQuoted) is masked by earlier rule \(Self.shown(earlier).goQuoted)")
        }
        members[resource, default: []] += own
      }
    }
    transformers = members.mapValues { ValueTransformers($0) }
    self.plugins = plugins
  }

  /// How a resource's values are written; nil for one that is stored as it is.
  func transformers(for resource: GroupResource) -> ValueTransformers? {
    transformers[resource] ?? transformers[GroupResource(group: resource.group, resource: "*")]
      ?? transformers[Self.everything]
  }

  static let everything = GroupResource(group: "*", resource: "*")

  /// `secrets`, `deployments.apps`, `*.` for the group without a name.
  static func resource(_ text: String) -> GroupResource {
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    return GroupResource(group: parts.count > 1 ? parts[1] : "", resource: parts[0])
  }

  private static func shown(_ resource: GroupResource) -> String {
    resource.group.isEmpty
      ? resource.resource + (resource.resource == "*" ? "." : "") : "\(resource.resource).\(resource.group)"
  }

  /// - Parameter provider: one that is in order, and no plugin.
  private static func members(_ provider: JSONValue) -> [ValueTransformers.Member] {
    if let keys = provider["aesgcm"]?["keys"] { return members("aesgcm", "AES", keys) { AESGCMCipher($0) } }
    if let keys = provider["aescbc"]?["keys"] { return members("aescbc", "AES", keys) { AESCBCCipher($0) } }
    if let keys = provider["secretbox"]?["keys"] {
      return members("secretbox", "Secretbox", keys) { SecretboxCipher($0) }
    }
    return [.init(prefix: [], cipher: IdentityCipher(), provider: nil)]
  }

  private static func members(
    _ name: String, _ family: String, _ keys: JSONValue, _ cipher: ([UInt8]) -> any ValueCipher
  ) -> [ValueTransformers.Member] {
    let prefix = "k8s:enc:\(name):v1:"
    let provider = ValueTransformers.Provider(
      prefix: Array(prefix.utf8), noMatch: "no matching key was found for the provided \(family) transformer")
    return (keys.arrayValue ?? []).map { key in
      .init(
        prefix: Array("\(prefix)\(key["name"]?.stringValue ?? ""):".utf8),
        cipher: cipher(Base64.decode(key["secret"]?.stringValue ?? "") ?? []), provider: provider)
    }
  }

  private static func plugin(
    _ kms: JSONValue, _ service: (_ path: String, _ timeout: Duration) -> any KeyManagement
  ) throws(StatusError) -> EnvelopeCipher {
    guard kms["apiVersion"]?.stringValue == "v2" else {
      throw .badRequest(
        "KMSv1 is deprecated and will only receive security updates going forward. Use KMSv2 instead.  Set --feature-gates=KMSv1=true to use the deprecated KMSv1 feature."
      )
    }
    var path = (kms["endpoint"]?.stringValue ?? "").dropFirst("unix:".count)
    if path.hasPrefix("//") { path = path.dropFirst(2) }
    let timeout = GoDuration.nanoseconds(kms["timeout"]?.stringValue ?? EncryptionRules.usualTimeout) ?? 0
    return EnvelopeCipher(
      name: kms["name"]?.stringValue ?? "", service(String(path), .nanoseconds(timeout)))
  }
}
