import APIMachinery

/// Finds the objects that a binding gives to its policy (`paramKind` and `paramRef`).
struct PolicyParameters {
  /// Why there are none: the policy or its binding is not usable.
  struct Problem: Error {
    let message: String
  }

  /// The objects that a binding names, as they are kept.
  enum Found {
    /// The policy or the binding asks for none.
    case none
    case objects([CachedObject], ServedResource)
  }

  private let registry: Registry

  init(_ registry: Registry) { self.registry = registry }

  /// The resource of a policy's parameters.
  /// - Parameter kind: the value of `paramKind`.
  func resource(of kind: JSONValue) throws(Problem) -> ServedResource {
    func text(_ name: String) -> String { kind[name]?.stringValue ?? "" }
    guard let place = GroupVersion(apiVersion: text("apiVersion")) else {
      throw Problem(message: "unexpected GroupVersion string: \(text("apiVersion"))")
    }
    let wanted = GroupVersionKind(group: place.group, version: place.version, kind: text("kind"))
    guard let target = registry.catalog.snapshot.resource(of: wanted) else {
      throw Problem(message: "failed to find resource referenced by paramKind: '\(wanted)'")
    }
    return target
  }

  /// The objects as the policy reads them; one that is nothing where the policy or the binding asks for none.
  func read(_ found: Found) async throws(Problem) -> [JSONValue] {
    guard case .objects(let kept, let target) = found else { return [.null] }
    var objects: [JSONValue] = []
    for object in kept {
      // They are kept in one version, and the policy names the one that it reads.
      do { objects.append(.object(try await registry.tree(object, target))) } catch {
        throw Problem(message: error.message)
      }
    }
    return objects
  }

  /// Finds the objects.
  /// - Parameters:
  ///   - target: the resource of the parameters; nil where the policy has none.
  ///   - reference: the value of `paramRef`.
  ///   - namespace: of the request.
  func find(_ target: ServedResource?, _ reference: JSONValue, namespace: String) throws(Problem) -> Found {
    guard let target, reference != .null else { return .none }
    func text(_ name: String) -> String { reference[name]?.stringValue ?? "" }
    var place = ""
    if target.resource.isNamespaced {
      place = text("namespace").isEmpty ? namespace : text("namespace")
      guard !place.isEmpty else {
        throw Problem(
          message: "cannot use namespaced paramRef in policy binding that matches cluster-scoped resources")
      }
    } else if !text("namespace").isEmpty {
      throw Problem(message: "paramRef.namespace must not be provided for a cluster-scoped `paramKind`")
    }
    let prefix = target.prefix(namespace: place)
    let cache = registry.cache(of: target)
    var found: [CachedObject] = []
    if !text("name").isEmpty {
      if let object = cache.get(prefix + text("name")) { found = [object] }
    } else if let selector = reference["selector"] {
      let labels: LabelSelector
      do { labels = try LabelSelector(json: selector) } catch { throw Problem(message: error.message) }
      found = cache.list(prefix).objects.filter { labels.matches($0.object.header.labels) }
    } else {
      throw Problem(message: "one of name or selector must be provided")
    }
    if found.isEmpty, text("parameterNotFoundAction") == "Deny" {
      throw Problem(message: "no params found for policy binding with `Deny` parameterNotFoundAction")
    }
    return .objects(found, target)
  }
}
