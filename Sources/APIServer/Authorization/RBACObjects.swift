import APIMachinery
import Synchronization

/// Roles and bindings as they are evaluated, parsed once for each state of an object.
enum RBACObjects {
  struct Subject: Sendable {
    let kind: String
    let name: String
    let namespace: String

    /// Whom it means; nil for nobody.
    func holder(in bindingNamespace: String) -> Holder? {
      switch kind {
      case "User": return .user(name)
      case "Group": return .group(name)
      case "ServiceAccount":
        let place = namespace.isEmpty ? bindingNamespace : namespace
        return place.isEmpty ? nil : .user("system:serviceaccount:\(place):\(name)")
      default: return nil
      }
    }

    /// Whom it names, in Kubernetes' words.
    func words(in bindingNamespace: String) -> String {
      guard kind == "ServiceAccount" else { return "\(kind) \(name.goQuoted)" }
      return "\(kind) \("\(name)/\(namespace.isEmpty ? bindingNamespace : namespace)".goQuoted)"
    }
  }

  enum Holder: Equatable {
    case user(String)
    case group(String)
  }

  struct Binding: Sendable {
    let roleKind: String
    let roleName: String
    let subjects: [Subject]
  }

  private struct Cache: Sendable {
    var bindings: [String: (revision: Int64, Binding)] = [:]
    var rules: [String: (revision: Int64, [PolicyRule])] = [:]
  }
  /// Keyed by the object's uid, which no two clusters share.
  private static let cache = Mutex(Cache())
  private static let mostCached = 10_000

  static func binding(_ object: CachedObject) -> Binding {
    let known = cache.withLock { $0.bindings[object.uid] }
    if let known, known.revision == object.revision { return known.1 }
    let role = object.object.value(at: "roleRef")
    let subjects = (object.object.value(at: "subjects")?.arrayValue ?? []).map { subject in
      Subject(
        kind: subject["kind"]?.stringValue ?? "", name: subject["name"]?.stringValue ?? "",
        namespace: subject["namespace"]?.stringValue ?? "")
    }
    let binding = Binding(
      roleKind: role?["kind"]?.stringValue ?? "", roleName: role?["name"]?.stringValue ?? "", subjects: subjects)
    cache.withLock { cache in
      if cache.bindings.count >= mostCached { cache.bindings = [:] }
      cache.bindings[object.uid] = (object.revision, binding)
    }
    return binding
  }

  static func rules(_ object: CachedObject) -> [PolicyRule] {
    let known = cache.withLock { $0.rules[object.uid] }
    if let known, known.revision == object.revision { return known.1 }
    let rules = (object.object.value(at: "rules")?.arrayValue ?? []).map { PolicyRule($0) }
    cache.withLock { cache in
      if cache.rules.count >= mostCached { cache.rules = [:] }
      cache.rules[object.uid] = (object.revision, rules)
    }
    return rules
  }
}
