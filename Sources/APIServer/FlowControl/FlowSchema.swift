import APIMachinery

/// Which requests go to which priority level (`flowcontrol.apiserver.k8s.io/v1` FlowSchema), read once for each state of
/// the object.
final class FlowSchema: Sendable {
  /// What makes flows of the requests that a schema matches.
  enum Distinguisher: Sendable { case none, user, namespace }

  let name: String
  /// Empty while the object is not stored.
  let uid: String
  /// The name of the priority level.
  let level: String
  /// Lower ones are asked first.
  let precedence: Int64
  let distinguisher: Distinguisher
  private let rules: [Rule]

  init(_ object: JSONObject) {
    name = object.objectName
    uid = object.metadataText("uid")
    let spec = object["spec"]
    level = spec?["priorityLevelConfiguration"]?["name"]?.stringValue ?? ""
    precedence = spec?["matchingPrecedence"]?.integerValue ?? 1000
    distinguisher =
      switch spec?["distinguisherMethod"]?["type"]?.stringValue {
      case "ByUser": .user
      case "ByNamespace": .namespace
      default: .none
      }
    rules = (spec?["rules"]?.arrayValue ?? []).map(Rule.init)
  }

  func matches(_ user: User, _ info: RequestInfo) -> Bool {
    rules.contains { rule in
      rule.subjects.contains { $0.means(user) }
        && (info.isResource
          ? rule.resources.contains { $0.covers(info) } : rule.paths.contains { $0.covers(info) })
    }
  }

  /// What tells the flows of this schema apart.
  func flow(of user: User, _ info: RequestInfo) -> String {
    switch distinguisher {
    case .none: ""
    case .user: user.name
    case .namespace: info.namespace
    }
  }

  /// The order in which schemas are asked.
  static func precedes(_ a: FlowSchema, _ b: FlowSchema) -> Bool {
    (a.precedence, a.name) < (b.precedence, b.name)
  }

  private struct Rule: Sendable {
    let subjects: [Subject]
    let resources: [ResourceRule]
    let paths: [PathRule]

    init(_ json: JSONValue) {
      subjects = (json["subjects"]?.arrayValue ?? []).compactMap(Subject.init)
      resources = (json["resourceRules"]?.arrayValue ?? []).map(ResourceRule.init)
      paths = (json["nonResourceRules"]?.arrayValue ?? []).map(PathRule.init)
    }
  }

  private enum Subject: Sendable {
    /// Nil: everybody.
    case user(String?)
    case group(String?)
    /// The beginning of the name of every account of a namespace.
    case accounts(prefix: String)

    init?(_ json: JSONValue) {
      func name(_ member: String) -> String? {
        json[member]?["name"]?.stringValue.flatMap { $0 == "*" ? nil : $0 }
      }
      switch json["kind"]?.stringValue {
      case "User": self = .user(name("user"))
      case "Group": self = .group(name("group"))
      case "ServiceAccount":
        let prefix = "system:serviceaccount:\(json["serviceAccount"]?["namespace"]?.stringValue ?? ""):"
        self = name("serviceAccount").map { .user(prefix + $0) } ?? .accounts(prefix: prefix)
      default: return nil
      }
    }

    func means(_ user: User) -> Bool {
      switch self {
      case .user(nil): true
      case .user(let name?): name.isExactly(user.name)
      case .group(nil): true
      case .group(let name?): user.groups.containsExactly(name)
      case .accounts(let prefix): user.name.hasPrefix(prefix)
      }
    }
  }

  private struct ResourceRule: Sendable {
    let verbs: Words
    let groups: Words
    let resources: Words
    let namespaces: Words
    let coversCluster: Bool

    init(_ json: JSONValue) {
      verbs = Words(json["verbs"])
      groups = Words(json["apiGroups"])
      resources = Words(json["resources"])
      namespaces = Words(json["namespaces"])
      coversCluster = json["clusterScope"]?.boolValue ?? false
    }

    func covers(_ info: RequestInfo) -> Bool {
      verbs.holds(info.verb) && groups.holds(info.group)
        && (resources.isAll
          || resources.holds(info.subresource.isEmpty ? info.resource : "\(info.resource)/\(info.subresource)"))
        && (info.namespace.isEmpty ? coversCluster : namespaces.holds(info.namespace))
    }
  }

  private struct PathRule: Sendable {
    let verbs: Words
    let paths: [String]

    init(_ json: JSONValue) {
      verbs = Words(json["verbs"])
      paths = (json["nonResourceURLs"]?.arrayValue ?? []).compactMap(\.stringValue)
    }

    func covers(_ info: RequestInfo) -> Bool {
      verbs.holds(info.verb)
        && paths.contains { $0 == info.path || $0.hasSuffix("*") && info.path.hasPrefix($0.dropLast()) }
    }
  }

  /// Some words, or all.
  private struct Words: Sendable {
    let isAll: Bool
    private let words: [String]

    init(_ json: JSONValue?) {
      words = (json?.arrayValue ?? []).compactMap(\.stringValue)
      isAll = words.contains("*")
    }

    func holds(_ word: String) -> Bool { isAll || words.contains(word) }
  }
}
