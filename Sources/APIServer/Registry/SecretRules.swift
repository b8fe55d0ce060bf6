import APIMachinery
import FoundationEssentials

/// Strings that a client puts in a Secret for convenience are kept as bytes, and are never served
/// (`v1` Secret, `stringData`).
enum SecretRules {
  static func apply(to object: inout JSONObject, _ target: ServedResource) {
    guard target.groupResource == GroupResource(group: "", resource: "secrets"),
      let strings = object.remove("stringData")?.objectValue
    else { return }
    var data = object["data"]?.objectValue ?? [:]
    for (key, value) in strings {
      data[key] = .string(Data((value.stringValue ?? "").utf8).base64EncodedString())
    }
    object["data"] = .object(data)
  }
}
