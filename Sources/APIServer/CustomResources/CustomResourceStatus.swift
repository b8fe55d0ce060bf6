import APIMachinery
import ClusterAPI

/// What the status of a CustomResourceDefinition says: which names are taken, and whether its objects are served.
enum CustomResourceStatus {
  static func isTrue(_ type: String, _ definition: JSONObject) -> Bool {
    (definition["status"]?["conditions"]?.arrayValue ?? []).contains {
      $0["type"]?.stringValue == type && $0["status"]?.stringValue == "True"
    }
  }

  /// - Parameters:
  ///   - conflicts: why names cannot be taken; none where they are accepted.
  ///   - isUsable: objects can be served; what is established stays so.
  static func update(_ definition: inout JSONObject, conflicts: [String], isUsable: Bool = true) {
    if let conflict = conflicts.first {
      set(&definition, "NamesAccepted", false, "MultipleNamesNotAllowed", conflict)
      if !isTrue("Established", definition) {
        set(&definition, "Established", false, "NotAccepted", "not all names are accepted")
      }
    } else {
      set(&definition, "NamesAccepted", true, "NoConflicts", "no conflicts found")
      let words = "the initial names have been accepted"
      if isUsable || isTrue("Established", definition) {
        set(&definition, "Established", true, "InitialNamesAccepted", words)
      } else {
        set(&definition, "Established", false, "Installing", words)
      }
    }
    if APIApproval.isNeeded(definition["spec"]?["group"]?.stringValue ?? "") {
      let approval = APIApproval(.object(definition))
      let reason =
        switch approval.state {
        case .missing: "MissingAnnotation"
        case .invalid: "InvalidAnnotation"
        case .bypassed: "UnapprovedAnnotation"
        case .approved: "ApprovedAnnotation"
        }
      set(
        &definition, "KubernetesAPIApprovalPolicyConformant", approval.state == .approved, reason, approval.explanation)
    }
    var status = definition["status"]?.objectValue ?? [:]
    if conflicts.isEmpty { status["acceptedNames"] = definition["spec"]?["names"] }
    if status["acceptedNames"] == nil { status["acceptedNames"] = ["plural": "", "kind": ""] }
    var stored = (status["storedVersions"]?.arrayValue ?? []).compactMap(\.stringValue)
    for version in definition["spec"]?["versions"]?.arrayValue ?? [] where version["storage"]?.boolValue == true {
      if let name = version["name"]?.stringValue, !stored.contains(name) { stored.append(name) }
    }
    status["storedVersions"] = .array(stored.map { .string($0) })
    definition["status"] = .object(status)
  }

  static func set(
    _ definition: inout JSONObject, _ type: String, _ value: Bool, _ reason: String, _ message: String,
    at time: String = Timestamp.now.description
  ) {
    var status = definition["status"]?.objectValue ?? [:]
    var conditions = status["conditions"]?.arrayValue ?? []
    let text: JSONValue = value ? "True" : "False"
    var condition: JSONObject = [
      "type": .string(type), "status": text, "lastTransitionTime": .string(time), "reason": .string(reason),
      "message": .string(message),
    ]
    if let index = conditions.firstIndex(where: { $0["type"]?.stringValue == type }) {
      if conditions[index]["status"] == text, type != "Terminating" {
        condition["lastTransitionTime"] = conditions[index]["lastTransitionTime"]
      }
      conditions[index] = .object(condition)
    } else {
      conditions.append(.object(condition))
    }
    status["conditions"] = .array(conditions)
    definition["status"] = .object(status)
  }
}

/// Which names of a definition another resource of the same group has already.
enum CustomResourceNames {
  static func conflicts(of definition: JSONObject, in snapshot: ResourceCatalog.Snapshot) -> [String] {
    let group = definition["spec"]?["group"]?.stringValue ?? ""
    let names = definition["spec"]?["names"]
    func text(_ name: String) -> String { names?[name]?.stringValue ?? "" }
    let plural = text("plural")
    let others = snapshot.resources.filter { $0.group == group && $0.plural != plural }
    let takenResources = Set(others.flatMap { [$0.plural, $0.singular] + $0.shortNames })
    let takenKinds = Set(others.flatMap { [$0.kind, $0.listKind] })
    var conflicts: [String] = []
    let singular = text("singular")
    for name in [plural, singular] + (names?["shortNames"]?.arrayValue ?? []).compactMap(\.stringValue)
    where takenResources.contains(name) { conflicts.append("\(name.goQuoted) is already in use") }
    for kind in [text("kind"), text("listKind")] where takenKinds.contains(kind) {
      conflicts.append("\(kind.goQuoted) is already in use")
    }
    return conflicts
  }
}
