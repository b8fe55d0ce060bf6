import APIMachinery
import ClusterAPI

/// What the status of a CustomResourceDefinition says: which names are taken, and whether its objects are served.
enum CustomResourceStatus {
  static func isTrue(_ type: String, _ definition: JSONObject) -> Bool {
    (definition["status"]?["conditions"]?.arrayValue ?? []).contains {
      $0["type"]?.stringValue == type && $0["status"]?.stringValue == "True"
    }
  }

  /// Brings what the status says of names, of service, of approval and of stored versions in line with the definition.
  /// - Parameters:
  ///   - taken: what the accepted names of all definitions of the group take.
  ///   - isUsable: the webhook that converts can be asked; what is established stays so.
  static func update(_ definition: inout JSONObject, taken: CustomResourceNames.Taken, isUsable: Bool = true) {
    let names = CustomResourceNames(definition, taken: taken)
    if let conflict = names.conflict {
      set(&definition, "NamesAccepted", false, conflict.reason, conflict.message)
      if condition("Established", definition) == nil {
        set(&definition, "Established", false, "NotAccepted", "not all names are accepted")
      }
    } else {
      // Also where somebody has taken the word out of the status.
      set(&definition, "NamesAccepted", true, "NoConflicts", "no conflicts found")
    }
    if isTrue("NamesAccepted", definition), !isTrue("Established", definition) {
      if isUsable {
        set(&definition, "Established", true, "InitialNamesAccepted", "the initial names have been accepted")
      } else {
        set(&definition, "Established", false, "InvalidCABundle", "The conversion webhook CABundle is invalid")
      }
    }
    approval(&definition)
    var status = definition["status"]?.objectValue ?? [:]
    status["acceptedNames"] = .object(names.accepted)
    var stored = (status["storedVersions"]?.arrayValue ?? []).compactMap(\.stringValue)
    for version in definition["spec"]?["versions"]?.arrayValue ?? [] where version["storage"]?.boolValue == true {
      if let name = version["name"]?.stringValue, !stored.contains(name) { stored.append(name) }
    }
    status["storedVersions"] = .array(stored.map { .string($0) })
    definition["status"] = .object(status)
  }

  static func condition(_ type: String, _ definition: JSONObject) -> JSONValue? {
    (definition["status"]?["conditions"]?.arrayValue ?? []).first { $0["type"]?.stringValue == type }
  }

  /// Says whether a kind in one of the project's own groups is approved.
  private static func approval(_ definition: inout JSONObject) {
    guard GroupApproval.isNeeded(for: definition["spec"]?["group"]?.stringValue ?? "") else { return }
    let approval = GroupApproval(.object(definition))
    let (value, reason) =
      switch approval {
      case .missing: (false, "MissingAnnotation")
      case .invalid: (false, "InvalidAnnotation")
      case .bypassed: (false, "UnapprovedAnnotation")
      case .approved: (true, "ApprovedAnnotation")
      }
    set(&definition, "KubernetesAPIApprovalPolicyConformant", value, reason, approval.reason)
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
