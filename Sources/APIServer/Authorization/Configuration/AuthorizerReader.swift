import APIMachinery

/// Reads the authorizers of an AuthorizationConfiguration, and says all that is wrong with them in kube-apiserver's words.
struct AuthorizerReader {
  private static let known = ["ABAC", "AlwaysAllow", "AlwaysDeny", "Node", "RBAC", "Webhook"]
  private static let kubeconfig = "KubeConfigFile"
  private static let inCluster = "InClusterConfig"

  private let read: (_ path: String) throws -> [UInt8]
  private(set) var errors: [FieldError] = []

  init(_ read: @escaping (_ path: String) throws -> [UInt8]) { self.read = read }

  /// Of no use where there are errors.
  mutating func members(_ items: [JSONValue]) -> [AuthorizationConfiguration.Member] {
    let path = FieldPath("authorizers")
    if items.isEmpty { errors.append(.required(path, "at least one authorization mode must be defined")) }
    var (types, names): (Set<String>, Set<String>) = ([], [])
    return items.enumerated().compactMap { index, item in
      let path = path.index(index)
      guard let type = type(item, path.child("type"), &types) else { return nil }
      checkName(item["name"]?.stringValue ?? "", path.child("name"), &names)
      if type != "Webhook", item["webhook"] != nil {
        errors.append(.invalid(path.child("webhook"), "non-null", "may only be specified when type=Webhook"))
      }
      switch type {
      case "AlwaysAllow": return .alwaysAllow
      case "AlwaysDeny": return .alwaysDeny
      case "Node": return .node
      case "RBAC": return .rbac
      default:
        guard let webhook = item["webhook"] else {
          errors.append(.required(path.child("webhook"), "required when type=Webhook"))
          return nil
        }
        return self.webhook(webhook, path).map { .webhook($0) }
      }
    }
  }

  private mutating func type(_ item: JSONValue, _ path: FieldPath, _ seen: inout Set<String>) -> String? {
    let type = item["type"]?.stringValue ?? ""
    if type.isEmpty {
      errors.append(.required(path))
    } else if !Self.known.contains(type) {
      errors.append(.notSupported(path, .string(type), Self.known))
    } else if type == "ABAC" {
      errors.append(.invalid(path, .string(type), "attribute-based access control is not supported by this server"))
    } else if !seen.insert(type).inserted, type != "Webhook" {
      errors.append(.duplicate(path, .string(type)))
    } else {
      return type
    }
    return nil
  }

  private mutating func checkName(_ name: String, _ path: FieldPath, _ seen: inout Set<String>) {
    let problems = NameRules.dns1123Subdomain(name)
    if name.isEmpty {
      errors.append(.required(path))
    } else if !seen.insert(name).inserted {
      errors.append(.duplicate(path, .string(name)))
    } else if !problems.isEmpty {
      errors.append(
        .invalid(path, .string(name), "authorizer name is invalid: \(problems.joined(separator: ", "))"))
    }
  }

  // MARK: Webhooks

  private mutating func webhook(_ webhook: JSONValue, _ path: FieldPath) -> WebhookAuthorizer.Settings? {
    let known = errors.count
    func text(_ name: String) -> String { webhook[name]?.stringValue ?? "" }
    let timeout = time(text("timeout"), path.child("timeout"), most: .seconds(30))
    let authorized = time(text("authorizedTTL"), path.child("authorizedTTL"), otherwise: .seconds(300))
    let unauthorized = time(text("unauthorizedTTL"), path.child("unauthorizedTTL"), otherwise: .seconds(30))
    let version = text("subjectAccessReviewVersion")
    choice(version, path.child("subjectAccessReviewVersion"), ["v1", "v1beta1"])
    let conditions = webhook["matchConditions"]?.arrayValue ?? []
    let seen = text("matchConditionSubjectAccessReviewVersion")
    let seenPath = path.child("matchConditionSubjectAccessReviewVersion")
    if seen.isEmpty {
      if !conditions.isEmpty {
        errors.append(.required(seenPath, "required if match conditions are specified"))
      }
    } else {
      choice(seen, seenPath, ["v1"])
    }
    let policy = text("failurePolicy")
    choice(policy, path.child("failurePolicy"), ["NoOpinion", "Deny"])
    let access = access(webhook["connectionInfo"], path.child("connectionInfo"))
    let compiled = AccessConditions(conditions, at: path, &errors)
    guard errors.count == known, let access else { return nil }
    func remembers(_ name: String) -> Bool { webhook[name]?.boolValue ?? true }
    return WebhookAuthorizer.Settings(
      access: access, version: version, timeout: timeout,
      authorizedTime: remembers("cacheAuthorizedRequests") ? authorized : .zero,
      unauthorizedTime: remembers("cacheUnauthorizedRequests") ? unauthorized : .zero,
      deniesOnFailure: policy == "Deny", conditions: compiled)
  }

  /// - Parameters:
  ///   - otherwise: where nothing is said; nil where something must be.
  ///   - most: nil where there is no limit.
  private mutating func time(
    _ text: String, _ path: FieldPath, otherwise: Duration? = nil, most: Duration? = nil
  ) -> Duration {
    let nanoseconds: Int64
    if text.isEmpty {
      nanoseconds = 0
    } else if let problem = GoDuration.problem(text) {
      errors.append(.invalid(path, .string(text), problem))
      return .zero
    } else {
      nanoseconds = GoDuration.nanoseconds(text) ?? 0
    }
    if nanoseconds == 0 {
      if otherwise == nil { errors.append(.required(path)) }
      return otherwise ?? .zero
    }
    let time = Duration.nanoseconds(nanoseconds)
    if nanoseconds < 0 || most.map({ time > $0 }) ?? false {
      errors.append(
        .invalid(
          path, .string(GoDuration.text(nanoseconds: nanoseconds)),
          most == nil ? "must be > 0s" : "must be > 0s and <= 30s"))
    }
    return time
  }

  private mutating func choice(_ text: String, _ path: FieldPath, _ known: [String]) {
    if text.isEmpty {
      errors.append(.required(path))
    } else if !known.contains(text) {
      errors.append(.notSupported(path, .string(text), known))
    }
  }

  private mutating func access(_ info: JSONValue?, _ path: FieldPath) -> OutboundAccess? {
    let type = info?["type"]?.stringValue ?? ""
    let file = info?["kubeConfigFile"]?.stringValue
    let filePath = path.child("kubeConfigFile")
    switch type {
    case "": errors.append(.required(path.child("type")))
    case Self.inCluster:
      if let file {
        errors.append(.invalid(filePath, .string(file), "can only be set when type=KubeConfigFile"))
      }
      errors.append(
        .invalid(path.child("type"), .string(type), "this server runs in no pod: it must be \(Self.kubeconfig)"))
    case Self.kubeconfig:
      guard let file, !file.isEmpty else {
        errors.append(.required(filePath))
        return nil
      }
      guard file.hasPrefix("/") else {
        errors.append(.invalid(filePath, .string(file), "must be an absolute path"))
        return nil
      }
      do { return try OutboundAccess(kubeconfig: try read(file), beside: file, read: read) } catch {
        let why = (error as? StatusError)?.message ?? "\(error)"
        errors.append(.invalid(filePath, .string(file), "error loading file: \(why)"))
      }
    default:
      errors.append(.notSupported(path.child("type"), .string(type), [Self.inCluster, Self.kubeconfig]))
    }
    return nil
  }
}
