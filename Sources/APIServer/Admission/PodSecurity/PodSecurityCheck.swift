import APIMachinery

/// A pod, or the template of one, as far as the standards look at it.
struct PodToCheck: Sendable {
  let annotations: JSONObject
  let spec: JSONValue
  /// Init containers, containers, ephemeral containers.
  let containers: [JSONValue]

  init(metadata: JSONValue?, spec: JSONValue) {
    annotations = metadata?["annotations"]?.objectValue ?? [:]
    self.spec = spec
    containers = ["initContainers", "containers", "ephemeralContainers"].flatMap { spec[$0]?.arrayValue ?? [] }
  }

  /// The pod's own security context.
  var context: JSONValue? { spec["securityContext"] }
  var runsOnWindows: Bool { spec["os"]?["name"] == "windows" }
  /// Whether its users are none of the host's: then being root means little.
  var hasOwnUsers: Bool { spec["hostUsers"] == false }

  /// The names of the containers that a test holds for.
  func names(where test: (JSONValue) -> Bool) -> [String] {
    containers.filter(test).map { $0["name"]?.stringValue ?? "" }
  }
}

/// Why a pod does not meet a control.
struct PodSecurityViolation: Sendable, Equatable, CustomStringConvertible {
  let reason: String
  let detail: String

  var description: String { detail.isEmpty ? reason : "\(reason) (\(detail))" }
}

/// One control of the standards: what it demands has changed from version to version.
struct PodSecurityCheck: Sendable {
  typealias Test = @Sendable (PodToCheck) -> PodSecurityViolation?

  let id: String
  /// Controls that this one takes the place of where it is in force.
  let replaces: String?
  /// From which minor version which test holds, in rising order.
  let versions: [(since: Int, test: Test)]

  init(_ id: String, replaces: String? = nil, _ versions: (since: Int, test: Test)...) {
    self.id = id
    self.replaces = replaces
    self.versions = versions
  }

  func test(in minor: Int) -> Test? { versions.last { $0.since <= minor }?.test }
}

/// How the messages of the standards put lists.
enum PodSecurityWords {
  static func quoted(_ items: [String]) -> String { items.map { "\"\($0)\"" }.joined(separator: ", ") }

  /// Each once, in the order of the alphabet.
  static func sorted(_ items: some Sequence<String>) -> [String] { Set(items).sorted() }

  static func plural(_ one: String, _ many: String, _ count: Int) -> String { count == 1 ? one : many }

  /// `container "a"`, `containers "a", "b"`.
  static func containers(_ names: [String]) -> String {
    "\(plural("container", "containers", names.count)) \(quoted(names))"
  }

  /// Who has set something wrong: the pod, containers, or both.
  static func setters(pod: Bool, _ containers: [String]) -> String? {
    let parts = (pod ? ["pod"] : []) + (containers.isEmpty ? [] : [self.containers(containers)])
    return parts.isEmpty ? nil : parts.joined(separator: " and ")
  }
}
