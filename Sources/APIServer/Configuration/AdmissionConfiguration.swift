import APIMachinery

/// What admission plugins are told at the start (`--admission-control-config-file`; `apiserver.config.k8s.io`
/// AdmissionConfiguration).
public struct AdmissionConfiguration: Sendable {
  public private(set) var podSecurity = PodSecurityConfiguration()
  public private(set) var quota = QuotaConfiguration()
  public private(set) var nodeSelectors = PodNodeSelectorConfiguration()
  public private(set) var tolerations = TolerationConfiguration()
  /// Nil where nothing is said.
  public private(set) var eventLimits: EventRateLimitConfiguration?
  /// Nil where nothing is said.
  public private(set) var imagePolicy: ImagePolicyConfiguration?
  /// What webhooks that change objects are shown.
  public private(set) var mutatingWebhooks = WebhookCredentials()
  /// What webhooks that refuse objects are shown.
  public private(set) var validatingWebhooks = WebhookCredentials()

  /// No plugin is told anything.
  public init() {}

  /// What a plugin that runs must be told and is not; nil where nothing is missing.
  public func problem(ofPlugins enabled: [String]) -> String? {
    let untold = [("EventRateLimit", eventLimits == nil), ("ImagePolicyWebhook", imagePolicy == nil)]
    return untold.first { enabled.contains($0.0) && $0.1 }.map {
      "the plugin \($0.0) must be told what to do, by --admission-control-config-file"
    }
  }

  private static let kind: ConfigurationKind = {
    typealias Kind = ConfigurationKind
    let plugin = Kind.object([
      ("name", Kind.text), ("path", Kind.text), ("configuration", Schema(.object, preservesUnknownFields: true)),
    ])
    return Kind(
      "apiserver.config.k8s.io", ["v1"], "AdmissionConfiguration", [SchemaProperty("plugins", Kind.list(plugin))],
      alias: GroupVersion(group: "apiserver.k8s.io", version: "v1alpha1"))
  }()

  /// - Parameters:
  ///   - text: YAML or JSON.
  ///   - read: reads a file that the text names.
  /// - Throws: 400 or 422 with all that is wrong; what `read` throws.
  public init(_ text: [UInt8], read: (_ path: String) throws -> [UInt8]) throws {
    var seen: Set<String> = []
    for item in try Self.kind.read(text)["plugins"]?.arrayValue ?? [] {
      let name = item["name"]?.stringValue ?? ""
      guard seen.insert(name).inserted else { throw StatusError.badRequest("the plugin \(name.goQuoted) stands twice") }
      let path = item["path"]?.stringValue ?? ""
      let value: JSONValue?
      if let given = item["configuration"] {
        value = given
      } else if path.isEmpty {
        value = nil
      } else {
        do { value = try YAMLReader.value(of: try read(path), strict: true) } catch let error as YAMLError {
          throw StatusError.badRequest("\(path): \(error)")
        }
      }
      do { try set(name, value, read) } catch let error as StatusError {
        throw StatusError.badRequest("the configuration of the plugin \(name.goQuoted): \(error.message)")
      }
    }
  }

  private mutating func set(
    _ name: String, _ value: JSONValue?, _ read: (_ path: String) throws -> [UInt8]
  ) throws {
    switch name {
    case "PodSecurity": if let value { podSecurity = try PodSecurityConfiguration(value) }
    case "ResourceQuota": if let value { quota = try QuotaConfiguration(value) }
    case "PodNodeSelector": if let value { nodeSelectors = try PodNodeSelectorConfiguration(value) }
    case "EventRateLimit": if let value { eventLimits = try EventRateLimitConfiguration(value) }
    case "ImagePolicyWebhook": if let value { imagePolicy = try ImagePolicyConfiguration(value, read: read) }
    case "MutatingAdmissionWebhook": if let value { mutatingWebhooks = try WebhookCredentials(value, read: read) }
    case "ValidatingAdmissionWebhook": if let value { validatingWebhooks = try WebhookCredentials(value, read: read) }
    case "PodTolerationRestriction": if let value { tolerations = try TolerationConfiguration(value) }
    default:
      throw StatusError.badRequest(
        "there is no such plugin that can be told anything: known are EventRateLimit, ImagePolicyWebhook, "
          + "MutatingAdmissionWebhook, PodNodeSelector, PodSecurity, PodTolerationRestriction, ResourceQuota, "
          + "ValidatingAdmissionWebhook")
    }
  }
}
