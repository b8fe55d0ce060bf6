import APIMachinery

extension JSONValue {
  /// Changes an object's members in place; does nothing to what is no object.
  mutating func editObject(_ change: (inout JSONObject) -> Void) {
    guard case .object(var object) = self else { return }
    self = .null
    change(&object)
    self = .object(object)
  }

  /// Changes each item of a list in place.
  mutating func editItems(_ change: (inout JSONValue) -> Void) {
    guard case .array(var items) = self else { return }
    self = .null
    for index in items.indices { change(&items[index]) }
    self = .array(items)
  }

  /// Changes the value of each member of an object in place.
  mutating func editMembers(_ change: (inout JSONValue) -> Void) {
    editObject { object in
      for name in object.keys { _ = object.update(name) { change(&$0) } }
    }
  }

  /// Changes what stands at the end of a path of members in place; does nothing where there is nothing.
  mutating func edit(_ path: String..., change: (inout JSONValue) -> Void) { edit(path[...], change) }

  private mutating func edit(_ path: ArraySlice<String>, _ change: (inout JSONValue) -> Void) {
    guard let name = path.first else { return change(&self) }
    editObject { object in _ = object.update(name) { $0.edit(path.dropFirst(), change) } }
  }

  /// Changes each item of the list that is a member.
  mutating func editItems(of name: String, _ change: (inout JSONValue) -> Void) {
    edit(name) { $0.editItems(change) }
  }

  /// Sets a member that is not there, or null. An empty string stands only where it is told from a missing one.
  mutating func setDefault(_ name: String, _ value: JSONValue) {
    editObject { $0.setDefault(name, value) }
  }

  /// The items of a list that is a member; none where there is no list.
  func items(_ name: String) -> [JSONValue] { self[name]?.arrayValue ?? [] }

  /// The string at the end of a path, empty where there is none.
  func text(_ path: String...) -> String {
    var value: JSONValue? = self
    for name in path { value = value?[name] }
    return value?.stringValue ?? ""
  }

  /// Whether a member is there and not null.
  func has(_ name: String) -> Bool {
    guard let value = self[name] else { return false }
    return !value.isNull
  }
}

extension JSONObject {
  /// Sets a member that is not there, or null. An empty string stands only where it is told from a missing one.
  mutating func setDefault(_ name: String, _ value: JSONValue) {
    if (self[name] ?? .null).isNull { self[name] = value }
  }
}
