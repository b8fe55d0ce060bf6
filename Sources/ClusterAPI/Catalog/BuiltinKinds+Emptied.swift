import APIMachinery

/// The lists, maps and bytes that an object was sent with and that hold nothing.
///
/// The API does not keep them (``BuiltinKinds/normalize(_:definition:)``), but upstream's rules and the notes of who owns which
/// field tell them from missing ones: Go's `[]` is not `nil`.
public struct EmptiedFields: Sendable {
  fileprivate enum Step {
    case member(String)
    case item(Int)
  }

  fileprivate struct Field {
    var path: [Step]
    var value: JSONValue
    /// It is served as null: who sends it empty owns it.
    var isOwned: Bool
  }

  fileprivate var fields: [Field] = []

  /// Nothing that was sent empty.
  public init() {}

  private init(_ fields: [Field]) { self.fields = fields }

  /// Those that somebody owns who sends them.
  public var owned: EmptiedFields { EmptiedFields(fields.filter(\.isOwned)) }
  public var isEmpty: Bool { fields.isEmpty }

  /// Puts them where nothing stands now. Those whose object is no more stay away.
  public func restore(in object: inout JSONObject) {
    for field in fields { Self.put(field.value, at: field.path[...], in: &object) }
  }

  public func restored(in object: JSONObject) -> JSONObject {
    guard !isEmpty else { return object }
    var object = object
    restore(in: &object)
    return object
  }

  func restored(in value: JSONValue) -> JSONValue {
    guard !isEmpty, case .object(let object) = value else { return value }
    return .object(restored(in: object))
  }

  private static func put(_ value: JSONValue, at path: ArraySlice<Step>, in object: inout JSONObject) {
    guard case .member(let name)? = path.first else { return }
    let rest = path.dropFirst()
    guard !rest.isEmpty else {
      if object[name]?.isNull ?? true { object[name] = value }
      return
    }
    _ = object.update(name) { put(value, at: rest, in: &$0) }
  }

  private static func put(_ value: JSONValue, at path: ArraySlice<Step>, in tree: inout JSONValue) {
    guard case .item(let index)? = path.first else { return tree.editObject { put(value, at: path, in: &$0) } }
    var next = 0
    tree.editItems { item in
      if next == index { put(value, at: path.dropFirst(), in: &item) }
      next += 1
    }
  }
}

extension BuiltinKinds {
  /// - Parameters:
  ///   - object: as it was sent, before it is brought into the API's form.
  ///   - definition: the name of the object's type, as in ``ResourceVersion/definitionName``.
  public func emptied(in object: JSONObject, definition: String) -> EmptiedFields {
    guard let facts = facts[definition] else { return EmptiedFields() }
    var found = EmptiedFields()
    var path: [EmptiedFields.Step] = []
    for (name, value) in object {
      path.append(.member(name))
      Self.collect(value, &path, &found)
      path.removeLast()
    }
    if found.isEmpty { return found }
    found.fields = found.fields.compactMap { field in
      guard let last = self.field(at: field.path[...], facts), !field.isValue(of: last) else { return nil }
      var field = field
      field.isOwned = last.isNull
      return field
    }
    return found
  }

  private static func collect(
    _ value: JSONValue, _ path: inout [EmptiedFields.Step], _ found: inout EmptiedFields
  ) {
    switch value {
    case .string(let text) where text.isEmpty:
      found.fields.append(EmptiedFields.Field(path: path, value: value, isOwned: false))
    case .object(let members):
      if members.isEmpty { found.fields.append(EmptiedFields.Field(path: path, value: value, isOwned: false)) }
      for (name, member) in members {
        path.append(.member(name))
        collect(member, &path, &found)
        path.removeLast()
      }
    case .array(let items):
      if items.isEmpty { found.fields.append(EmptiedFields.Field(path: path, value: value, isOwned: false)) }
      for (index, item) in items.enumerated() {
        path.append(.item(index))
        collect(item, &path, &found)
        path.removeLast()
      }
    default: break
    }
  }

  /// Nil where the path does not end at a field of a type.
  private func field(at path: ArraySlice<EmptiedFields.Step>, _ facts: TypeFacts) -> FieldFacts? {
    guard case .member(let name)? = path.first, let field = facts.fields.first(where: { $0.name == name }) else {
      return nil
    }
    var rest = path.dropFirst()
    if rest.isEmpty { return field }
    guard let below = field.definition.flatMap({ self.facts[$0] }) else { return nil }
    switch field.nesting {
    case .value: break
    case .list, .map: rest = rest.dropFirst()
    }
    return self.field(at: rest, below)
  }
}

extension EmptiedFields.Field {
  /// Whether it is a value of its own, which normalizing leaves alone or which means nothing.
  fileprivate func isValue(of field: FieldFacts) -> Bool {
    switch (value, field.zero) {
    case (.array, .list), (.object, .map): field.isOptional
    case (.string, .string): field.form != .bytes
    default: true
    }
  }
}
