/// The object that an object belongs to, and with which it is deleted: an element of `metadata.ownerReferences`.
public struct OwnerReference: Sendable, Hashable {
  public var apiVersion: String
  public var kind: String
  public var name: String
  public var uid: String
  /// Whether this owner is the one that controls the object; at most one does.
  public var controller: Bool
  /// Whether the owner, deleted in the foreground, waits until this object is gone.
  public var blockOwnerDeletion: Bool

  public init(
    apiVersion: String, kind: String, name: String, uid: String, controller: Bool = false,
    blockOwnerDeletion: Bool = false
  ) {
    self.apiVersion = apiVersion
    self.kind = kind
    self.name = name
    self.uid = uid
    self.controller = controller
    self.blockOwnerDeletion = blockOwnerDeletion
  }

  /// Reads an element; what is missing is empty.
  public init(json value: JSONValue) {
    func text(_ name: String) -> String { value[name]?.stringValue ?? "" }
    self.init(
      apiVersion: text("apiVersion"), kind: text("kind"), name: text("name"), uid: text("uid"),
      controller: value["controller"]?.boolValue ?? false,
      blockOwnerDeletion: value["blockOwnerDeletion"]?.boolValue ?? false)
  }

  public var json: JSONValue {
    var object: JSONObject = [
      "apiVersion": .string(apiVersion), "kind": .string(kind), "name": .string(name), "uid": .string(uid),
    ]
    if controller { object["controller"] = true }
    if blockOwnerDeletion { object["blockOwnerDeletion"] = true }
    return .object(object)
  }
}
