import APIMachinery
import HTTPService

/// What a request is about, told by its method and path alone: what authentication, authorization, auditing and the
/// handlers all go by (Kubernetes API concepts, "Resource URIs" and "API verbs").
public struct RequestInfo: Sendable {
  /// Whether an object or a collection is meant, and not a document such as `/version`.
  public var isResource = false
  /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`, empty for other methods; for other
  /// paths the method in lower case.
  public var verb: String
  /// The decoded path.
  public var path: String {
    get { givenPath ?? "/" + segments.joined(separator: "/") }
    set { givenPath = newValue }
  }
  /// Put together where somebody asks for it: of requests about objects nearly nobody does.
  private var segments: [String] = []
  private var givenPath: String?
  public var group = ""
  public var version = ""
  /// Empty for objects of the whole cluster, and for a collection over all namespaces.
  public var namespace = ""
  public var resource = ""
  public var subresource = ""
  public var name = ""
  /// Whether the name stands in the field selector, and the path is a collection's.
  var isSelectedByName = false
  /// The parameter of a list, a watch or a deletion of a collection; empty for other requests.
  public var fieldSelector = ""
  /// See `fieldSelector`.
  public var labelSelector = ""
  /// What follows the subresource: the rest of a proxied path.
  public var rest: [String] = []

  /// Subresources of a namespace: everything else below one is a resource in it.
  private static let namespaceSubresources: Set<String> = ["status", "finalize"]

  /// What somebody asks about, or does, without a request of HTTP.
  public init(
    verb: String, group: String, version: String, resource: String, subresource: String = "", namespace: String = "",
    name: String = ""
  ) {
    isResource = true
    self.verb = verb
    givenPath = ""
    self.group = group
    self.version = version
    self.resource = resource
    self.subresource = subresource
    self.namespace = namespace
    self.name = name
  }

  public init(method: Method, segments: [String], query: Query) {
    self.segments = segments
    verb = ""
    defer { if !isResource { verb = method.rawValue.lowercased() } }
    // A slash is one however it is spelt, and at the end none counts.
    let plain =
      segments.contains(where: Self.holdsSlash)
      ? path.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map(String.init) : segments
    let end = plain.lastIndex { !$0.isEmpty }.map { $0 + 1 } ?? 0
    var parts = plain[..<end]
    switch parts.first {
    case "api":
      guard parts.count >= 3 else { return }
      version = parts[1]
      parts = parts.dropFirst(2)
    case "apis":
      guard parts.count >= 4 else { return }
      group = parts[1]
      version = parts[2]
      parts = parts.dropFirst(3)
    default: return
    }
    isResource = true
    verb =
      switch method {
      case .post: "create"
      case .get, .head: "get"
      case .put: "update"
      case .patch: "patch"
      case .delete: "delete"
      // Other methods do nothing to objects, and no role names what they do.
      default: ""
      }
    // The oldest way to ask for a watch.
    let isLegacyWatch = parts.first == "watch" && parts.count > 1
    if isLegacyWatch {
      verb = "watch"
      parts = parts.dropFirst()
    }
    if parts.first == "namespaces", parts.count > 1 {
      namespace = parts[parts.startIndex + 1]
      let next = parts.count > 2 ? parts[parts.startIndex + 2] : nil
      if let next, !Self.namespaceSubresources.contains(next) { parts = parts.dropFirst(2) }
    }
    resource = parts.popFirst() ?? ""
    name = parts.popFirst() ?? ""
    subresource = parts.popFirst() ?? ""
    rest = Array(parts)
    // Where a path goes on to somebody else it stays as it is.
    if subresource == "proxy" { rest += plain[end...] }
    if name.isEmpty, verb == "get" {
      verb = Self.isTrue(query["watch"]) ? "watch" : "list"
    }
    if name.isEmpty, verb == "delete" { verb = "deletecollection" }
    guard name.isEmpty, verb == "list" || verb == "watch" || verb == "deletecollection" else { return }
    fieldSelector = query["fieldSelector"] ?? ""
    labelSelector = query["labelSelector"] ?? ""
    // A list of the one object of a name is a request about that object.
    if verb != "deletecollection", let name = exactField("metadata.name"), NameRules.pathSegment(name).isEmpty {
      self.name = name
      isSelectedByName = true
    }
  }

  private static func holdsSlash(_ segment: String) -> Bool {
    let bytes = segment.utf8Span.span
    for index in bytes.indices where bytes[index] == UInt8(ascii: "/") { return true }
    return false
  }

  /// The value that the field selector wants a field to have.
  func exactField(_ field: String) -> String? {
    guard !fieldSelector.isEmpty, let selector = try? FieldSelector.parse(fieldSelector) else { return nil }
    return selector.exactValue(of: field)
  }

  private static let longRunningSubresources: Set<String> = ["attach", "exec", "proxy", "log", "portforward"]

  /// Whether the request lasts for as long as its client likes: no time is set to it, and nobody waits for its end.
  var isLongRunning: Bool {
    isResource && (verb == "watch" || verb == "proxy" || Self.longRunningSubresources.contains(subresource))
  }

  /// A truth value as Go's clients write them.
  static func isTrue(_ text: String?) -> Bool {
    guard let text else { return false }
    return !["0", "f", "F", "FALSE", "false", "False"].contains(text)
  }
}
