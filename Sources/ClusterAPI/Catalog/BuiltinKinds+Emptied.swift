import APIMachinery

/// The lists, maps and bytes that an object was sent with and that hold nothing.
///
/// The API does not keep them (``BuiltinKinds/normalize(_:definition:)``), but upstream's rules and the notes of who owns which
/// field tell them from missing ones: Go's `[]` is not `nil`.
public struct EmptiedFields: Sendable {
  fileprivate typealias Members = [(name: String, node: Node)]
  fileprivate typealias Items = [(index: Int, node: Node)]

  /// What is empty in a value, or is itself.
  fileprivate indirect enum Node: Sendable {
    /// - Parameter isOwned: it is served as null: who sends it empty owns it.
    case empty(JSONValue, isOwned: Bool)
    case members(Members)
    case items(Items)
  }

  fileprivate var members: Members = []

  /// Nothing that was sent empty.
  public init() {}

  fileprivate init(_ members: Members) { self.members = members }

  public var isEmpty: Bool { members.isEmpty }

  /// Those that somebody owns who sends them.
  public var owned: EmptiedFields { EmptiedFields(Self.owned(members)) }

  private static func owned(_ members: Members) -> Members {
    members.compactMap { name, node in owned(node).map { (name, $0) } }
  }

  private static func owned(_ node: Node) -> Node? {
    switch node {
    case .empty(_, let isOwned): return isOwned ? node : nil
    case .members(let members):
      let owned = owned(members)
      return owned.isEmpty ? nil : .members(owned)
    case .items(let items):
      let owned = items.compactMap { index, node in self.owned(node).map { (index, $0) } }
      return owned.isEmpty ? nil : .items(owned)
    }
  }

  /// Whether a member of objects was sent empty.
  public func contains(_ names: [String]) -> Bool {
    var node = Node.members(members)
    for name in names {
      guard case .members(let members) = node, let next = members.first(where: { $0.name == name }) else {
        return false
      }
      node = next.node
    }
    if case .empty = node { return true }
    return false
  }

  // MARK: Into what was sent

  /// Puts them where nothing stands now. Those whose object is no more stay away.
  public func restore(in object: inout JSONObject) { Self.restore(members, in: &object) }

  private static func restore(_ members: Members, in object: inout JSONObject) {
    for (name, node) in members {
      if case .empty(let value, _) = node {
        if object[name]?.isNull ?? true { object[name] = value }
      } else {
        _ = object.update(name) { restore(node, in: &$0) }
      }
    }
  }

  private static func restore(_ node: Node, in value: inout JSONValue) {
    switch node {
    case .empty: break
    case .members(let members): value.editObject { restore(members, in: &$0) }
    case .items(let items):
      var (rest, index) = (items[...], 0)
      value.editItems { item in
        if let next = rest.first, next.index == index {
          restore(next.node, in: &item)
          rest = rest.dropFirst()
        }
        index += 1
      }
    }
  }

  // MARK: Into what was there

  /// An object as it was sent, and what was there before it: that has them too where nothing stands, so that they are no change.
  func restored(in new: JSONValue, _ old: JSONValue?) -> (new: JSONValue, old: JSONValue?) {
    guard !isEmpty, case .object(let object) = new else { return (new, old) }
    var (sent, before) = (new, old)
    sent.editObject { restore(in: &$0) }
    before?.editObject { Self.match(members, in: &$0, object) }
    return (sent, before)
  }

  /// - Parameter new: what they are put into; where it has got a value since they were sent, they say nothing.
  private static func match(_ members: Members, in old: inout JSONObject, _ new: JSONObject) {
    for (name, node) in members {
      if case .empty(let value, _) = node {
        if new[name]?.isNull ?? true, old[name]?.isNull ?? true { old[name] = value }
      } else if let new = new[name] {
        _ = old.update(name) { match(node, in: &$0, new) }
      }
    }
  }

  private static func match(_ node: Node, in old: inout JSONValue, _ new: JSONValue) {
    switch node {
    case .empty: break
    case .members(let members):
      guard let new = new.objectValue else { return }
      old.editObject { match(members, in: &$0, new) }
    case .items(let items):
      guard let sent = new.arrayValue, let stored = old.arrayValue else { return }
      // Items that have names are the same ones wherever they stand.
      var names: [String: Int] = [:]
      for (index, item) in stored.enumerated() {
        if let name = item["name"]?.stringValue, names[name] == nil { names[name] = index }
      }
      var matches: [Int: (node: Node, new: JSONValue)] = [:]
      for (index, node) in items where index < sent.count {
        let name = sent[index]["name"]?.stringValue
        guard let place = name.map({ names[$0] }) ?? index else { continue }
        matches[place] = (node, sent[index])
      }
      var index = 0
      old.editItems { item in
        if let (node, new) = matches[index] { match(node, in: &item, new) }
        index += 1
      }
    }
  }
}

extension BuiltinKinds {
  /// - Parameters:
  ///   - object: as it was sent, before it is brought into the API's form.
  ///   - definition: the name of the object's type, as in ``ResourceVersion/definitionName``.
  public func emptied(in object: JSONObject, definition: String) -> EmptiedFields {
    guard let facts = facts[definition] else { return EmptiedFields() }
    return EmptiedFields(emptied(in: object, facts))
  }

  private func emptied(in object: JSONObject, _ facts: TypeFacts) -> EmptiedFields.Members {
    var found: EmptiedFields.Members = []
    for field in facts.fields {
      guard let value = object[field.name], let node = emptied(in: value, field) else { continue }
      found.append((field.name, node))
    }
    return found
  }

  private func emptied(in value: JSONValue, _ field: FieldFacts) -> EmptiedFields.Node? {
    if let empty = value.empty(as: field) { return .empty(empty, isOwned: field.isNull) }
    guard let below = field.definition.flatMap({ self.facts[$0] }) else { return nil }
    switch (field.nesting, value) {
    case (.value, .object(let object)): return emptied(below: object, below)
    case (.list, .array(let items)):
      let found = items.enumerated().compactMap { index, item in
        item.objectValue.flatMap { emptied(below: $0, below) }.map { (index, $0) }
      }
      return found.isEmpty ? nil : .items(found)
    case (.map, .object(let members)):
      let found = members.compactMap { name, member in
        member.objectValue.flatMap { emptied(below: $0, below) }.map { (name, $0) }
      }
      return found.isEmpty ? nil : .members(found)
    default: return nil
    }
  }

  private func emptied(below object: JSONObject, _ facts: TypeFacts) -> EmptiedFields.Node? {
    let found = emptied(in: object, facts)
    return found.isEmpty ? nil : .members(found)
  }
}

extension JSONValue {
  /// The value, where it is empty and neither a value of its own, which normalizing leaves alone, nor one that means nothing.
  fileprivate func empty(as field: FieldFacts) -> JSONValue? {
    switch (self, field.zero) {
    case (.array(let items), .list): items.isEmpty && !field.isOptional ? self : nil
    case (.object(let members), .map): members.isEmpty && !field.isOptional ? self : nil
    case (.string(let text), .string): text.isEmpty && field.form == .bytes ? self : nil
    case (.array(let items), .string): items.isEmpty && field.form == .bytes ? "" : nil
    default: nil
    }
  }
}
