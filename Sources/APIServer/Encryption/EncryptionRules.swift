import APIMachinery

/// What must be so in an EncryptionConfiguration, in the words of kube-apiserver.
enum EncryptionRules {
  private static let keySizes = ["aesgcm": [16, 24, 32], "aescbc": [16, 24, 32], "secretbox": [32]]
  /// How long a plugin may take for an answer where nothing is said of it.
  static let usualTimeout = "3s"
  private static let providers = ["kms", "aesgcm", "aescbc", "secretbox", "identity"]
  /// What is kept in the store and no resource.
  private static let hidden: Set<String> = ["apiserveripinfo", "serviceipallocations", "servicenodeportallocations"]

  static func check(_ file: JSONValue) -> [FieldError] {
    let root = FieldPath("resources")
    let entries = file["resources"]?.arrayValue ?? []
    guard !entries.isEmpty else { return [.required(root, "at least one resources is required")] }
    var errors: [FieldError] = []
    var names: Set<String> = []
    for (index, entry) in entries.enumerated() {
      let path = root.index(index)
      errors += resources(entry["resources"]?.arrayValue ?? [], path.child("resources"))
      let list = path.child("providers")
      let providers = entry["providers"]?.arrayValue ?? []
      if providers.isEmpty { errors.append(.required(list, "at least one \(list) is required")) }
      for (index, provider) in providers.enumerated() {
        errors += self.provider(provider, list.index(index), &names)
      }
    }
    return errors
  }

  // MARK: Resources

  private static func resources(_ values: [JSONValue], _ path: FieldPath) -> [FieldError] {
    var errors: [FieldError] = values.isEmpty ? [.required(path, "at least one \(path) is required")] : []
    let texts = values.compactMap(\.stringValue)
    errors += overlaps(texts).map { .invalid(path, .array(values), $0) }
    for (index, text) in texts.enumerated() {
      guard let problem = problem(of: text) else { continue }
      errors.append(.invalid(path.index(index), .string(text), problem))
    }
    return errors
  }

  private static func overlaps(_ texts: [String]) -> [String] {
    let all = texts.map(EncryptionConfiguration.resource)
    var problems: [String] = []
    if Set(all).count < all.count { problems.append("the same resource cannot be specified multiple times") }
    let isMasked = all.enumerated().contains { index, one in
      all.enumerated().contains { other, two in
        guard index != other, one != two else { return false }
        return one == EncryptionConfiguration.everything
          || one.group == two.group && (one.resource == "*" || two.resource == "*")
      }
    }
    if isMasked {
      problems.append(
        "using overlapping resources such as 'secrets' and '*.' in the same resource list is not allowed as they will be masked"
      )
    }
    return problems
  }

  private static func problem(of text: String) -> String? {
    if text.lowercased() != text { return "resource name should not contain capital letters" }
    if text == "*" {
      return "use '*.' to encrypt all the resources from core API group or *.* to encrypt all resources"
    }
    if hidden.contains(text) { return "resources which do not have REST API/s cannot be encrypted" }
    let resource = EncryptionConfiguration.resource(text)
    switch resource.group {
    case "events.k8s.io":
      return
        "'*.events.k8s.io' objects are stored using the 'events' API group in etcd. Use 'events' instead in the config file"
    case "extensions": return "'extensions' group has been removed and cannot be used for encryption"
    case "*" where resource.resource != "*": return "encrypting the same resource across groups is not supported"
    default: return nil
    }
  }

  // MARK: Providers

  private static func provider(
    _ provider: JSONValue, _ path: FieldPath, _ names: inout Set<String>
  ) -> [FieldError] {
    let found = providers.filter { provider[$0] != nil }
    var errors: [FieldError] = []
    if found.isEmpty {
      errors.append(
        .invalid(
          path, provider,
          "provider does not contain any of the expected providers: KMS, AESGCM, AESCBC, Secretbox, Identity"))
    } else if found.count > 1 {
      // The secrets in it are not shown.
      errors.append(
        .invalid(
          path, .string("REDACTED"),
          "more than one provider specified in a single element, should split into different list elements"))
    }
    guard let name = found.first, let value = provider[name] else { return errors }
    if name == "kms" {
      errors += kms(value, path.child(name), names)
      names.insert(value["name"]?.stringValue ?? "")
    } else if let sizes = keySizes[name] {
      errors += keys(value["keys"]?.arrayValue ?? [], path.child(name).child("keys"), sizes)
    }
    return errors
  }

  private static func keys(_ keys: [JSONValue], _ path: FieldPath, _ sizes: [Int]) -> [FieldError] {
    guard !keys.isEmpty else { return [.required(path, "at least one keys is required")] }
    return keys.enumerated().flatMap { index, key in self.key(key, path.index(index), sizes) }
  }

  private static func key(_ key: JSONValue, _ path: FieldPath, _ sizes: [Int]) -> [FieldError] {
    var errors: [FieldError] = []
    if (key["name"]?.stringValue ?? "").isEmpty {
      errors.append(.required(path.child("name"), "name is a mandatory field for a key"))
    }
    let secret = key["secret"]?.stringValue ?? ""
    let place = path.child("secret")
    if secret.isEmpty {
      errors.append(.required(place, "secret is a mandatory field for a key"))
    } else if let bytes = Base64.decode(secret) {
      if !sizes.contains(bytes.count) {
        let known = sizes.map(String.init).joined(separator: " ")
        errors.append(
          .invalid(
            place, "REDACTED", "secret is not of the expected length, got \(bytes.count), expected one of [\(known)]"))
      }
    } else {
      errors.append(.invalid(place, "REDACTED", "secrets must be base64 encoded"))
    }
    return errors
  }

  private static func kms(_ value: JSONValue, _ path: FieldPath, _ names: Set<String>) -> [FieldError] {
    let version = value["apiVersion"]?.stringValue ?? "v1"
    let name = value["name"]?.stringValue ?? ""
    var errors: [FieldError] = []
    if name.isEmpty { errors.append(.required(path.child("name"), "name is a mandatory field for a provider")) }
    if version != "v1", name.contains(":") {
      errors.append(
        .invalid(path.child("name"), .string(name), "invalid KMS provider name \(name), must not contain ':'"))
    }
    if version != "v1", names.contains(name) {
      errors.append(
        .invalid(path.child("name"), .string(name), "duplicate KMS provider name \(name), names must be unique"))
    }
    let timeout = value["timeout"]?.stringValue ?? usualTimeout
    if GoDuration.nanoseconds(timeout).map({ $0 <= 0 }) ?? true {
      errors.append(.invalid(path.child("timeout"), .string(timeout), "timeout should be a positive value"))
    }
    let endpoint = value["endpoint"]?.stringValue ?? ""
    if endpoint.isEmpty {
      errors.append(.invalid(path.child("endpoint"), "", "endpoint is a mandatory field for a kms"))
    } else if !endpoint.hasPrefix("unix:") {
      let scheme = endpoint.contains(":") ? String(endpoint.prefix { $0 != ":" }) : ""
      errors.append(
        .invalid(
          path.child("endpoint"), .string(endpoint),
          "unsupported scheme \(scheme.goQuoted) for KMS provider, only unix is supported"))
    }
    let size = value["cachesize"]
    if version != "v1", let size {
      errors.append(.invalid(path.child("cachesize"), size, "cachesize is not supported in v2"))
    } else if size == .integer(0) {
      errors.append(
        .invalid(path.child("cachesize"), 0, "cachesize should be a positive value, or negative to disable"))
    }
    if version != "v1", version != "v2" {
      errors.append(
        .invalid(
          path.child("apiVersion"), .string(version),
          "unsupported apiVersion apiVersion for KMS provider, only v1 and v2 are supported"))
    }
    return errors
  }
}
