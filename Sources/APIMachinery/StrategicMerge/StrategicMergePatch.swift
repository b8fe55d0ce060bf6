/// Applies a strategic merge patch, the kind of patch that knows which lists are sets and maps.
///
/// A patch is a part of the object, and some words of its own: `$patch` (`replace` or `delete` the object or item around it),
/// `$deleteFromPrimitiveList/NAME`, `$setElementOrder/NAME` and `$retainKeys`. Null removes a member. Which lists are merged, and by which
/// key, says the schema's ``Schema/patchStrategy`` and ``Schema/patchMergeKey``. Custom kinds have no such patches.
public struct StrategicMergePatch: Sendable {
  private let root: Context

  /// - Parameters:
  ///   - schema: that of the object's kind.
  ///   - definitionName: its name in OpenAPI documents; messages name its last part.
  public init(schema: Schema, definitionName: String) {
    root = Context(schema: schema.resolved, name: Context.unqualified(definitionName))
  }

  /// The object with the patch applied.
  ///
  /// - Throws: ``StrategicMergeError`` where the patch contradicts itself or the schema. Unknown fields and wrong types are not
  ///   looked for here.
  public func apply(_ patch: JSONObject, to object: JSONObject) throws(StrategicMergeError) -> JSONObject {
    try Self.merge(patch, into: object, root)
  }

  // MARK: Objects

  /// What is known of the place that is merged.
  struct Context: Sendable {
    /// Nil where nothing is known.
    let schema: Schema?
    /// The type's name, for messages.
    let name: String

    static func unqualified(_ definition: String) -> String {
      definition.split(separator: ".").last.map(String.init) ?? definition
    }
  }

  private enum Word {
    static let patch = "$patch"
    static let retainKeys = "$retainKeys"
    static let deleteFromPrimitiveList = "$deleteFromPrimitiveList"
    static let setElementOrder = "$setElementOrder"
  }

  private static func merge(
    _ patch: JSONObject, into original: JSONObject, _ context: Context
  ) throws(StrategicMergeError) -> JSONObject {
    var patch = patch
    var result = original
    if let directive = patch[Word.patch] {
      switch directive {
      case "replace":
        patch.remove(Word.patch)
        return patch
      case "delete": return JSONObject()
      default: throw .unknownPatchType(directive, in: patch)
      }
    }
    try retainKeys(&result, &patch)
    try mergeOrderedLists(&result, &patch, context)
    for (name, value) in patch {
      let isDeletion = name.hasPrefix(Word.deleteFromPrimitiveList)
      let key = isDeletion ? try listName(name, Word.deleteFromPrimitiveList) : name
      if value == .null {
        result.remove(key)
        continue
      }
      guard let present = result[key], present.goType == value.goType else {
        if !isDeletion { result[key] = withoutNulls(value).flatMap(withoutDirectives) }
        continue
      }
      switch (present, value) {
      case (.object(let present), .object(let value)):
        let (inner, field) = try lookUp(key, context)
        result[key] = .object(
          field?.patchStrategy.contains(.replace) == true ? value : try merge(value, into: present, inner))
      case (.array(let present), .array(let value)):
        let (inner, field) = try lookUp(key, context)
        result[key] = .array(try merge(value, into: present, inner, field, isDeletion: isDeletion))
      default: result[key] = value
      }
    }
    return result
  }

  /// Of the members only those that `$retainKeys` names stay; the patch may set no others.
  private static func retainKeys(_ object: inout JSONObject, _ patch: inout JSONObject) throws(StrategicMergeError) {
    guard let directive = patch.remove(Word.retainKeys) else { return }
    guard case .array(let keys) = directive else { throw .badRetainKeys }
    let retained = Set(keys.compactMap(\.stringValue))
    for (name, value) in patch where value != .null {
      if name.hasPrefix(Word.deleteFromPrimitiveList) || name.hasPrefix(Word.setElementOrder) { continue }
      guard retained.contains(name) else { throw .badRetainKeys }
    }
    for name in object.keys where !retained.contains(name) { object.remove(name) }
  }

  /// `NAME` of `$setElementOrder/NAME`.
  private static func listName(_ name: String, _ word: String) throws(StrategicMergeError) -> String {
    let rest = name.dropFirst(word.count)
    guard rest.first == "/" else { throw word == Word.setElementOrder ? .badElementOrder : .badPrimitiveList }
    return String(rest.dropFirst())
  }

  /// Lists whose order the patch gives are merged before all else, together with what it says of their items.
  private static func mergeOrderedLists(
    _ object: inout JSONObject, _ patch: inout JSONObject, _ context: Context
  ) throws(StrategicMergeError) {
    for (name, value) in patch where name.hasPrefix(Word.setElementOrder) {
      patch.remove(name)
      guard case .array(let order) = value else { throw .badArgument(expected: .array([]), value) }
      let key = try listName(name, Word.setElementOrder)
      let present = try object[key].map(list)
      let patched = try patch[key].map(list)
      let (inner, field) = try lookUp(key, context)
      let mergeKey = field?.patchMergeKey
      try checkOrder(patched ?? [], order, mergeKey)
      var merged: [JSONValue]
      switch (present, patched) {
      case (let present?, nil): merged = present
      case (nil, let patched?): merged = patched.compactMap(withoutDirectives)
      case (let present?, let patched?): merged = try merge(patched, into: present, inner, field, isDeletion: false)
      case (nil, nil): continue
      }
      if let kind = try elementKind(present ?? [], patched ?? []) {
        merged = try inOrder(merged, order, present ?? [], kind == .objects ? mergeKey ?? "" : nil)
      }
      object[key] = .array(merged)
      patch.remove(key)
    }
  }

  private static func list(_ value: JSONValue) throws(StrategicMergeError) -> [JSONValue] {
    guard case .array(let items) = value else { throw .badArgument(expected: .array([]), value) }
    return items
  }

  /// The items of the patch stand in the order that it gives, which names each of them.
  private static func checkOrder(
    _ items: [JSONValue], _ order: [JSONValue], _ mergeKey: String?
  ) throws(StrategicMergeError) {
    guard !items.isEmpty, !order.isEmpty else { return }
    var place = 0
    for item in items {
      if item[Word.patch] != nil { continue }
      while true {
        guard place < order.count else { throw .orderMismatch(items, order) }
        let isEqual = try equal(item, order[place], mergeKey)
        place += 1
        if isEqual { break }
      }
    }
  }

  private static func equal(
    _ a: JSONValue, _ b: JSONValue, _ mergeKey: String?
  ) throws(StrategicMergeError) -> Bool {
    guard let mergeKey else { return a == b }
    return try key(mergeKey, of: a) == key(mergeKey, of: b)
  }

  private static func key(_ mergeKey: String, of item: JSONValue) throws(StrategicMergeError) -> JSONValue {
    guard case .object(let object) = item else { throw .badArgument(expected: .object([:]), item) }
    guard let value = object[mergeKey] else { throw .noMergeKey(mergeKey, in: object) }
    return value
  }

  // MARK: Lists

  private enum ElementKind { case objects, scalars }

  private static func merge(
    _ patch: [JSONValue], into original: [JSONValue], _ context: Context, _ field: Schema?, isDeletion: Bool
  ) throws(StrategicMergeError) -> [JSONValue] {
    guard isDeletion || field?.patchStrategy.contains(.merge) == true else { return patch }
    if original.isEmpty, patch.isEmpty { return original }
    guard let kind = try elementKind(original, patch) else { return original }
    switch kind {
    case .scalars:
      if isDeletion {
        let removed = Set(patch)
        return original.filter { !removed.contains($0) }
      }
      var seen = Set<JSONValue>()
      let merged = (original + patch).filter { seen.insert($0).inserted }
      return try inOrder(merged, patch, original, nil)
    case .objects:
      guard let mergeKey = field?.patchMergeKey else { throw .noMergeKeyDeclared }
      let (kept, items) = try applyDirectives(patch, to: original, mergeKey)
      let merged = try mergeItems(items, into: kept, mergeKey, context)
      return try inOrder(merged, items, kept, mergeKey)
    }
  }

  /// Items with `$patch` delete their like, or let nothing of the list stay. Returns what stays, and the other items.
  private static func applyDirectives(
    _ patch: [JSONValue], to original: [JSONValue], _ mergeKey: String
  ) throws(StrategicMergeError) -> (kept: [JSONValue], items: [JSONValue]) {
    var kept = original
    var items: [JSONValue] = []
    var isReplaced = false
    for item in patch {
      guard case .object(let object) = item, let directive = object[Word.patch] else {
        items.append(item)
        continue
      }
      switch directive {
      case "delete":
        guard let value = object[mergeKey] else { throw .noMergeKey(mergeKey, in: object) }
        kept.removeAll { $0[mergeKey] == value }
      case "replace": isReplaced = true
      case "merge": throw .listMergeDirective
      default: throw .unknownPatchType(directive, in: object)
      }
    }
    return isReplaced ? (items, []) : (kept, items)
  }

  private static func mergeItems(
    _ items: [JSONValue], into original: [JSONValue], _ mergeKey: String, _ context: Context
  ) throws(StrategicMergeError) -> [JSONValue] {
    var result = original
    for item in items {
      guard case .object(let object) = item else { continue }
      guard let value = object[mergeKey] else { throw .noMergeKey(mergeKey, in: object) }
      if let index = result.firstIndex(where: { $0[mergeKey] == value }), case .object(let present) = result[index] {
        result[index] = .object(try merge(object, into: present, context))
      } else {
        result.append(item)
      }
    }
    return result
  }

  /// All items are objects, or all are scalars of one type; nil where there are none.
  private static func elementKind(
    _ original: [JSONValue], _ patch: [JSONValue]
  ) throws(StrategicMergeError) -> ElementKind? {
    guard let first = original.first ?? patch.first else { return nil }
    if case .array = first { throw .listOfLists }
    for item in original + patch where item.goType != first.goType { throw .mixedElements(original, patch) }
    if case .object = first { return .objects }
    return .scalars
  }

  /// The items that the patch names in its order, and the others in theirs, each of these before the first of the
  /// former that it stood before.
  ///
  /// - Parameter mergeKey: of objects; nil for scalars.
  private static func inOrder(
    _ merged: [JSONValue], _ patchOrder: [JSONValue], _ originalOrder: [JSONValue], _ mergeKey: String?
  ) throws(StrategicMergeError) -> [JSONValue] {
    func identity(_ item: JSONValue) throws(StrategicMergeError) -> JSONValue {
      try mergeKey.map { key throws(StrategicMergeError) in try Self.key(key, of: item) } ?? item
    }
    func places(_ items: [JSONValue]) throws(StrategicMergeError) -> [JSONValue: Int] {
      var result: [JSONValue: Int] = [:]
      for (index, item) in items.enumerated() {
        let key = try identity(item)
        if result[key] == nil { result[key] = index }
      }
      return result
    }
    let patchPlaces = try places(patchOrder)
    let originalPlaces = try places(originalOrder)
    var named: [(item: JSONValue, place: Int, original: Int?)] = []
    var others: [(item: JSONValue, place: Int)] = []
    for item in merged {
      let key = try identity(item)
      if let place = patchPlaces[key] {
        named.append((item, place, originalPlaces[key]))
      } else {
        others.append((item, originalPlaces[key] ?? -1))
      }
    }
    // Sorting is not stable, but the items of equal places are equal in key and few; their order is kept by hand.
    let sorted = named.enumerated().sorted { ($0.element.place, $0.offset) < ($1.element.place, $1.offset) }
      .map(\.element)
    others = others.enumerated().sorted { ($0.element.place, $0.offset) < ($1.element.place, $1.offset) }.map(\.element)
    var result: [JSONValue] = []
    var remaining = others[...]
    for item in sorted {
      while let other = remaining.first, let place = item.original, other.place < place {
        result.append(other.item)
        remaining.removeFirst()
      }
      result.append(item.item)
    }
    return result + remaining.map(\.item)
  }

  // MARK: What is new

  /// Nulls in what the object lacks have nothing to remove.
  private static func withoutNulls(_ value: JSONValue) -> JSONValue? {
    switch value {
    case .object(let object):
      return .object(
        JSONObject(
          object.compactMap { name, value in value == .null ? nil : withoutNulls(value).map { (name, $0) } }))
    case .array(let items): return .array(items.map { withoutNulls($0) ?? $0 })
    default: return value
    }
  }

  /// Nil where the value itself is a directive.
  private static func withoutDirectives(_ value: JSONValue) -> JSONValue? {
    switch value {
    case .object(let object):
      if object[Word.patch] != nil { return nil }
      return .object(JSONObject(object.compactMap { name, value in withoutDirectives(value).map { (name, $0) } }))
    case .array(let items): return .array(items.compactMap(withoutDirectives))
    default: return value
    }
  }

  // MARK: The schema

  /// What is known of a member and what is in it: of a list, of its items.
  private static func lookUp(
    _ name: String, _ context: Context
  ) throws(StrategicMergeError) -> (Context, Schema?) {
    guard let schema = context.schema else { return (Context(schema: nil, name: ""), nil) }
    let isStructure = schema.type == .object && schema.additionalProperties == nil
    guard isStructure else { throw .noStructure(TypeChecker.goKind(schema)) }
    guard let field = schema.properties[name] else { throw .unknownField(name, in: context.name) }
    let value = field.resolved
    let inner = value.type == .array ? value.items : field
    let innerName = inner?.reference.map { Context.unqualified($0.name) } ?? context.name
    return (Context(schema: inner?.resolved, name: innerName), field)
  }
}
