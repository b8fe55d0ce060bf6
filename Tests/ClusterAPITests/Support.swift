import APIMachinery
import Testing

@testable import ClusterAPI

/// An object as it is sent.
func object(_ json: String) throws -> JSONValue { try JSONValue(json: Array(json.utf8)) }

/// An object as it is stored: normalized and with its defaults.
func complete(_ json: String) throws -> JSONValue {
  var value = try object(json)
  let kind = try #require(kindOf(value))
  builtin.complete(&value, kind: kind)
  return value
}

func kindOf(_ value: JSONValue) -> GroupVersionKind? {
  guard let version = GroupVersion(apiVersion: value.text("apiVersion")) else { return nil }
  return GroupVersionKind(group: version.group, version: version.version, kind: value.text("kind"))
}

/// What is wrong with an object, in words; each line once.
func problems(_ json: String) throws -> [String] {
  let value = try complete(json)
  return builtin.validate(value, old: nil, kind: try #require(kindOf(value))).map(\.description)
}

/// What is wrong with a change. Both have the version that an update needs.
func problems(of new: String, after old: String) throws -> [String] {
  var value = try complete(new)
  value.edit("metadata") { $0.setDefault("resourceVersion", "1") }
  return builtin.validate(value, old: try complete(old), kind: try #require(kindOf(value))).map(\.description)
}
