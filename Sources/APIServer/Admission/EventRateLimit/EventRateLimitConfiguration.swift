import APIMachinery

/// How many events are taken (`eventratelimit.admission.k8s.io` Configuration).
public struct EventRateLimitConfiguration: Sendable {
  /// What a limit is for.
  enum Scope: String, Sendable, CaseIterable {
    case server = "Server", namespace = "Namespace", user = "User", sourceAndObject = "SourceAndObject"
  }

  struct Limit: Sendable {
    let scope: Scope
    /// Events a second.
    let rate: Int64
    /// Events that may come at once.
    let burst: Int64
    /// Of how many namespaces, users or sources it is known what they have sent.
    let size: Int64
  }

  let limits: [Limit]

  private static let usualSize: Int64 = 4096

  private static let kind: ConfigurationKind = {
    typealias Kind = ConfigurationKind
    let number = Schema(.integer, format: "int32")
    let limit = Kind.object([("type", Kind.text), ("qps", number), ("burst", number), ("cacheSize", number)])
    return Kind(
      "eventratelimit.admission.k8s.io", ["v1alpha1"], "Configuration", [SchemaProperty("limits", Kind.list(limit))])
  }()

  /// - Throws: 400 where the value is no such configuration, 422 that names every field that is wrong.
  init(_ value: JSONValue) throws(StatusError) {
    let items = try Self.kind.read(value)["limits"]?.arrayValue ?? []
    let path = FieldPath("limits")
    var errors: [FieldError] = []
    if items.isEmpty { errors.append(.invalid(path, .array(items), "must not be empty")) }
    var limits: [Limit] = []
    for (index, item) in items.enumerated() {
      let path = path.index(index)
      func number(_ name: String) -> Int64 { item[name]?.integerValue ?? 0 }
      for name in ["burst", "qps"] where number(name) <= 0 {
        errors.append(.invalid(path.child(name), .integer(number(name)), "must be positive"))
      }
      let type = item["type"]?.stringValue ?? ""
      guard let scope = Scope(rawValue: type) else {
        errors.append(.notSupported(path.child("type"), .string(type), Scope.allCases.map(\.rawValue).sorted()))
        continue
      }
      if scope != .server, number("cacheSize") < 0 {
        errors.append(.invalid(path.child("cacheSize"), .integer(number("cacheSize")), "must not be negative"))
      }
      let size = number("cacheSize")
      limits.append(
        Limit(scope: scope, rate: number("qps"), burst: number("burst"), size: size == 0 ? Self.usualSize : size))
    }
    guard errors.isEmpty else {
      throw .invalid(GroupKind(group: Self.kind.group, kind: Self.kind.kind), "", errors)
    }
    self.limits = limits
  }
}
