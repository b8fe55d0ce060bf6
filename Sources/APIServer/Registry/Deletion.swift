import APIMachinery
import HTTPService

/// What a client asks for when it removes something (`meta.k8s.io/v1` DeleteOptions).
struct Deletion: Sendable {
  enum Propagation: String, Sendable { case orphan = "Orphan", background = "Background", foreground = "Foreground" }
  var gracePeriodSeconds: Int64?
  var propagation: Propagation?
  var uid: String?
  var resourceVersion: String?

  static let orphanFinalizer = "orphan"
  static let foregroundFinalizer = "foregroundDeletion"

  /// - Parameter body: empty where the request has none.
  init(_ body: JSONObject, _ context: RequestContext) throws(StatusError) {
    let query = context.query
    func value(_ name: String) -> String? { query[name].flatMap { $0.isEmpty ? nil : $0 } }
    if let seconds = body["gracePeriodSeconds"]?.integerValue {
      gracePeriodSeconds = seconds
    } else if let text = value("gracePeriodSeconds") {
      guard let seconds = Int64(text) else {
        throw .badRequest("invalid gracePeriodSeconds \(text.goQuoted): must be a whole number")
      }
      gracePeriodSeconds = seconds
    }
    if let seconds = gracePeriodSeconds, seconds < 0 { gracePeriodSeconds = 1 }
    if let text = body["propagationPolicy"]?.stringValue ?? value("propagationPolicy") {
      guard let policy = Propagation(rawValue: text) else {
        throw .invalid(
          GroupKind(group: "meta.k8s.io", kind: "DeleteOptions"), "",
          [
            .notSupported(
              FieldPath("propagationPolicy"), .string(text), ["Foreground", "Background", "Orphan", "nil"])
          ])
      }
      propagation = policy
    }
    let orphans = body["orphanDependents"]?.boolValue ?? value("orphanDependents").map { RequestInfo.isTrue($0) }
    if let orphans {
      guard propagation == nil else {
        throw .invalid(
          GroupKind(group: "meta.k8s.io", kind: "DeleteOptions"), "",
          [
            .invalid(
              FieldPath("propagationPolicy"), .string(propagation?.rawValue ?? ""),
              "orphanDependents and deletionPropagation cannot be both set")
          ])
      }
      propagation = orphans ? .orphan : .background
    }
    uid = body["preconditions"]?["uid"]?.stringValue
    resourceVersion = body["preconditions"]?["resourceVersion"]?.stringValue
  }

  /// The options as an object.
  var json: JSONObject {
    var options: JSONObject = ["kind": "DeleteOptions", "apiVersion": "meta.k8s.io/v1"]
    if let gracePeriodSeconds { options["gracePeriodSeconds"] = .integer(gracePeriodSeconds) }
    var preconditions: JSONObject = [:]
    if let uid { preconditions["uid"] = .string(uid) }
    if let resourceVersion { preconditions["resourceVersion"] = .string(resourceVersion) }
    if !preconditions.isEmpty { options["preconditions"] = .object(preconditions) }
    if let propagation { options["propagationPolicy"] = .string(propagation.rawValue) }
    return options
  }

  /// Whether an object stays until whoever runs it reports that it has ended: a pod on a node, within its time.
  static func keepsForGracePeriod(_ object: JSONObject, _ target: ServedResource) -> Bool {
    guard target.groupResource == GroupResource(group: "", resource: "pods") else { return false }
    return object["metadata"]?["deletionGracePeriodSeconds"]?.integerValue ?? 0 > 0
  }

  /// Seconds that a pod is given to end; 0 for one that no node has, or that has ended (kube-apiserver's pod strategy).
  func gracePeriod(of object: JSONObject, _ target: ServedResource) -> Int64 {
    guard target.groupResource == GroupResource(group: "", resource: "pods") else { return 0 }
    let phase = object["status"]?["phase"]?.stringValue
    guard let node = object["spec"]?["nodeName"]?.stringValue, !node.isEmpty, phase != "Succeeded", phase != "Failed"
    else { return 0 }
    return gracePeriodSeconds ?? object["spec"]?["terminationGracePeriodSeconds"]?.integerValue ?? 30
  }
}
