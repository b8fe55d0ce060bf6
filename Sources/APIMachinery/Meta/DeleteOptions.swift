/// What a delete asks for (meta/v1 DeleteOptions): in the query or in the body.
public struct DeleteOptions: Sendable, Hashable {
  /// What becomes of the objects that the deleted one owns.
  public enum Propagation: String, Sendable, Hashable {
    /// They are deleted first, while the owner waits.
    case foreground = "Foreground"
    /// They are deleted afterwards.
    case background = "Background"
    /// They stay, without an owner.
    case orphan = "Orphan"
  }

  /// In seconds; nil for the kind's default.
  public var gracePeriod: Int64?
  /// The object must have this uid.
  public var uid: String?
  /// The object must be in this state.
  public var resourceVersion: String?
  /// Of old clients: `true` orphans.
  public var orphanDependents: Bool?
  public var propagation: Propagation?
  public var isDryRun = false
  /// An object is to go that nobody can read, whatever comes of it.
  public var ignoresReadError = false

  /// The name of the option.
  /// What upstream calls the types that options are read as.
  private static let scheme = "k8s.io/apimachinery/pkg/apis/meta/internalversion/scheme/register.go:27"

  public static let ignoresReadErrorName = "ignoreStoreReadErrorWithClusterBreakingPotential"

  public init() {}

  /// Reads the parameters of a request without a body, and checks them.
  public init(_ query: QueryParameters) throws(StatusError) {
    gracePeriod = try query.number("gracePeriodSeconds")
    let uid = query.text("uid")
    if !uid.isEmpty { self.uid = uid }
    let version = query.text("resourceVersion")
    if !version.isEmpty { resourceVersion = version }
    orphanDependents = query.flag("orphanDependents")
    ignoresReadError = query.flag(Self.ignoresReadErrorName) ?? false
    try finish(propagation: query["propagationPolicy"], dryRun: query.all("dryRun"))
  }

  /// Reads a body, and checks it.
  /// - Throws: a `badRequest` where it is no DeleteOptions, an `invalid` where its values do not go together.
  public init(_ body: JSONValue) throws(StatusError) {
    guard body.objectValue != nil else { throw .badRequest("the body is no object DeleteOptions") }
    if let kind = body["kind"]?.stringValue, kind != "DeleteOptions" {
      let version = body["apiVersion"]?.stringValue ?? ""
      throw .badRequest(
        "no kind \(kind.goQuoted) is registered for version \((version.isEmpty ? "v1" : version).goQuoted) in scheme \(Self.scheme.goQuoted)"
      )
    }
    func text(_ value: JSONValue?, _ name: String) throws(StatusError) -> String? {
      guard let value, !value.isNull else { return nil }
      guard let text = value.stringValue else { throw Self.wrongType(value, name, "string") }
      return text
    }
    if let value = body["gracePeriodSeconds"], !value.isNull {
      guard let seconds = value.integerValue else { throw Self.wrongType(value, "gracePeriodSeconds", "int64") }
      gracePeriod = seconds
    }
    if let value = body["orphanDependents"], !value.isNull {
      guard let flag = value.boolValue else { throw Self.wrongType(value, "orphanDependents", "bool") }
      orphanDependents = flag
    }
    if let value = body[Self.ignoresReadErrorName], !value.isNull {
      guard let flag = value.boolValue else { throw Self.wrongType(value, Self.ignoresReadErrorName, "bool") }
      ignoresReadError = flag
    }
    if let value = body["preconditions"], !value.isNull, value.objectValue == nil {
      throw Self.wrongType(value, "preconditions", "v1.Preconditions")
    }
    uid = try text(body["preconditions"]?["uid"], "preconditions.uid")
    resourceVersion = try text(body["preconditions"]?["resourceVersion"], "preconditions.resourceVersion")
    if let value = body["dryRun"], !value.isNull, value.arrayValue == nil {
      throw Self.wrongType(value, "dryRun", "[]string")
    }
    var dryRun: [String] = []
    for element in body["dryRun"]?.arrayValue ?? [] { dryRun.append(try text(element, "dryRun") ?? "") }
    try finish(propagation: try text(body["propagationPolicy"], "propagationPolicy"), dryRun: dryRun)
  }

  private static func wrongType(_ value: JSONValue, _ name: String, _ type: String) -> StatusError {
    .badRequest("json: cannot unmarshal \(value.goKind) into Go struct field DeleteOptions.\(name) of type \(type)")
  }

  private mutating func finish(propagation name: String?, dryRun: [String]) throws(StatusError) {
    var errors: [FieldError] = []
    let path = FieldPath("propagationPolicy")
    if let name {
      if orphanDependents != nil {
        errors.append(
          .invalid(path, .string(name), "orphanDependents and deletionPropagation cannot be both set"))
      }
      propagation = Propagation(rawValue: name)
      if propagation == nil {
        errors.append(.notSupported(path, .string(name), ["Foreground", "Background", "Orphan", "nil"]))
      }
    }
    errors += DryRun.errors(dryRun)
    isDryRun = !dryRun.isEmpty
    if ignoresReadError {
      let others = [
        ("dryRun", isDryRun), ("propagationPolicy", name != nil), ("orphanDependents", orphanDependents != nil),
        ("gracePeriodSeconds", gracePeriod != nil), ("preconditions", uid != nil || resourceVersion != nil),
      ]
      for (other, isGiven) in others where isGiven {
        errors.append(
          .invalid(FieldPath(Self.ignoresReadErrorName), true, "cannot be set together with .\(other)"))
      }
    }
    if !errors.isEmpty { throw .invalid(GroupKind(group: "meta.k8s.io", kind: "DeleteOptions"), "", errors) }
  }

  /// The options as an object.
  public var json: JSONObject {
    var options: JSONObject = ["kind": "DeleteOptions", "apiVersion": "meta.k8s.io/v1"]
    if let gracePeriod { options["gracePeriodSeconds"] = .integer(gracePeriod) }
    var preconditions: JSONObject = [:]
    if let uid { preconditions["uid"] = .string(uid) }
    if let resourceVersion { preconditions["resourceVersion"] = .string(resourceVersion) }
    if !preconditions.isEmpty { options["preconditions"] = .object(preconditions) }
    if let orphanDependents { options["orphanDependents"] = .bool(orphanDependents) }
    if let propagation { options["propagationPolicy"] = .string(propagation.rawValue) }
    if isDryRun { options["dryRun"] = ["All"] }
    if ignoresReadError { options[Self.ignoresReadErrorName] = true }
    return options
  }

  /// Checks the preconditions on an object that is about to be deleted.
  /// - Throws: a `conflict` in Kubernetes' words.
  public func check(_ object: StoredObject, _ resource: GroupResource) throws(StatusError) {
    let name = object.header.name
    if let uid, uid != object.header.uid {
      throw .conflict(
        resource, name,
        "the UID in the precondition (\(uid)) does not match the UID in record (\(object.header.uid)). "
          + "The object might have been deleted and then recreated")
    }
    if let resourceVersion, resourceVersion != object.resourceVersion {
      throw .conflict(
        resource, name,
        "the ResourceVersion in the precondition (\(resourceVersion)) does not match the ResourceVersion in record "
          + "(\(object.resourceVersion)). The object might have been modified")
    }
  }
}
