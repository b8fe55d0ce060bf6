import APIMachinery

/// ConfigMaps and Secrets.
enum ConfigurationValidation {
  /// The most that all entries may have together, in bytes.
  static let limit = 1 << 20

  static func validate(configMap new: JSONValue, _ old: JSONValue?, _ findings: inout Findings) {
    var size = 0
    for (key, value) in MetadataValidation.sorted(new["data"]) {
      findings.invalid(FieldPath("data").key(key), .string(key), NameRules.configMapKey(key))
      if new["binaryData"]?[key] != nil {
        findings.invalid(FieldPath("data").key(key), .string(key), "duplicate of key present in binaryData")
      }
      size += value.stringValue?.utf8.count ?? 0
    }
    for (key, value) in MetadataValidation.sorted(new["binaryData"]) {
      findings.invalid(FieldPath("binaryData").key(key), .string(key), NameRules.configMapKey(key))
      if new["data"]?[key] != nil {
        findings.invalid(FieldPath("binaryData").key(key), .string(key), "duplicate of key present in data")
      }
      size += decodedCount(value)
    }
    // The object as a whole is too large; upstream has no path for that.
    if size > limit { findings.add(.tooLong(FieldPath(""), maximumBytes: limit)) }
    if let old { sealed(new, old, ["data", "binaryData"], &findings) }
  }

  static func validate(secret new: JSONValue, _ old: JSONValue?, _ findings: inout Findings) {
    var size = 0
    for (key, value) in MetadataValidation.sorted(new["data"]) {
      findings.invalid(FieldPath("data").key(key), .string(key), NameRules.configMapKey(key))
      size += decodedCount(value)
    }
    if size > limit { findings.add(.tooLong(FieldPath("data"), maximumBytes: limit)) }
    type(new, &findings)
    if let old {
      findings.immutable(new["type"], old["type"], FieldPath("type"))
      sealed(new, old, ["data"], &findings)
    }
  }

  private static func type(_ secret: JSONValue, _ findings: inout Findings) {
    let data = secret["data"]
    func require(_ key: String) {
      if data?[key] == nil { findings.required(FieldPath("data").key(key)) }
    }
    switch secret.text("type") {
    case "kubernetes.io/service-account-token":
      if secret["metadata"]?["annotations"]?.text("kubernetes.io/service-account.name").isEmpty ?? true {
        findings.required(FieldPath("metadata", "annotations").key("kubernetes.io/service-account.name"))
      }
    case "kubernetes.io/dockercfg", "kubernetes.io/dockerconfigjson":
      let key = secret.text("type") == "kubernetes.io/dockercfg" ? ".dockercfg" : ".dockerconfigjson"
      guard let text = data?[key]?.stringValue else { return require(key) }
      if let problem = jsonProblem(Base64.decode(text) ?? []) {
        findings.invalid(FieldPath("data").key(key), "<secret contents redacted>", problem)
      }
    case "kubernetes.io/basic-auth":
      if data?["username"] == nil, data?["password"] == nil {
        require("username")
        require("password")
      }
    case "kubernetes.io/ssh-auth":
      if data?.text("ssh-privatekey").isEmpty ?? true { findings.required(FieldPath("data").key("ssh-privatekey")) }
    case "kubernetes.io/tls":
      require("tls.crt")
      require("tls.key")
    default: break
    }
  }

  /// Why a text holds no JSON object.
  private static func jsonProblem(_ bytes: [UInt8]) -> String? {
    do {
      let value = try JSONValue(json: bytes)
      guard value.objectValue == nil, value != .null else { return nil }
      let type =
        switch value {
        case .array: "array"
        case .string: "string"
        case .bool: "bool"
        default: "number"
        }
      return "json: cannot unmarshal \(type) into Go value of type map[string]interface {}"
    } catch {
      return error.message
    }
  }

  private static func sealed(
    _ new: JSONValue, _ old: JSONValue, _ parts: [String], _ findings: inout Findings
  ) {
    guard old["immutable"] == true else { return }
    if new["immutable"] != true {
      findings.forbidden(FieldPath("immutable"), "field is immutable when `immutable` is set")
    }
    for part in parts where (new[part] ?? [:]) != (old[part] ?? [:]) {
      findings.forbidden(FieldPath(part), "field is immutable when `immutable` is set")
    }
  }

  /// How many bytes a value in base64 stands for.
  private static func decodedCount(_ value: JSONValue) -> Int {
    guard let bytes = value.stringValue?.utf8 else { return 0 }
    let padding = bytes.suffix(2).count { $0 == UInt8(ascii: "=") }
    return bytes.count / 4 * 3 - padding
  }
}
