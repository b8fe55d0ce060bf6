/// Merging and removing by owners' fields.
enum MergeValue {
  /// The value with what a partial one sets. Nothing is removed; lists come in the order of the partial one where that
  /// changes them.
  ///
  /// Both have been checked against the type.
  static func merge(_ live: JSONValue, _ partial: JSONValue, _ type: MergeType) -> JSONValue {
    merge(Optional(live), partial, type) ?? live
  }

  private static func merge(_ live: JSONValue?, _ partial: JSONValue?, _ type: MergeType) -> JSONValue? {
    let shape = partial == nil ? type.shape(of: live) : type.shape(of: partial)
    let leaf = partial ?? live
    switch shape {
    case .scalar: return leaf
    case .list(let list):
      let (items, changes) = (live?.arrayValue ?? [], partial?.arrayValue ?? [])
      if list.isAtomic || (items.isEmpty && changes.isEmpty) { return leaf }
      return .array(merge(items, changes, list))
    case .map(let map):
      let (object, changes) = (live?.objectValue ?? [:], partial?.objectValue ?? [:])
      if map.isAtomic || (object.isEmpty && changes.isEmpty) { return leaf }
      var result = object
      for (name, change) in changes {
        guard let type = map.member(name) else { continue }
        result[name] = merge(object[name], change, type)
      }
      return .object(result)
    }
  }

  /// Items that only one side has stay where they stand among the items of both, whose order is the partial one's.
  private static func merge(_ live: [JSONValue], _ partial: [JSONValue], _ list: MergeType.List) -> [JSONValue] {
    func index(_ items: [JSONValue]) -> [(element: FieldElement, item: JSONValue)] {
      items.compactMap { item in (try? list.element(of: item)).map { ($0, item) } }
    }
    let left = index(live)
    let right = index(partial)
    var leftItems: [FieldElement: JSONValue] = [:]
    for (element, item) in left {
      // Which of several is meant cannot be told.
      leftItems[element] = leftItems[element] == nil ? item : .null
    }
    let rightItems = Dictionary(right.map { ($0.element, $0.item) }, uniquingKeysWith: { first, _ in first })
    var shared = right.map(\.element).filter { leftItems[$0] != nil }[...]
    var next = shared.popFirst()
    var merged = Set<FieldElement>()
    var result: [JSONValue] = []
    func take(_ element: FieldElement, _ left: JSONValue?, _ right: JSONValue?) {
      if let item = merge(left, right, list.element) { result.append(item) }
    }
    var (i, j) = (0, 0)
    while i < left.count || j < right.count {
      if i < left.count, j < right.count {
        let element = left[i].element
        if element == right[j].element {
          merged.insert(element)
          take(element, leftItems[element], rightItems[element])
          i += 1
          j += 1
          next = shared.popFirst()
          continue
        }
        if rightItems[element] != nil, let wanted = next, wanted != element {
          // An item of both, but its turn comes later.
          i += 1
          continue
        }
      }
      if i < left.count {
        let element = left[i].element
        if rightItems[element] == nil {
          take(element, left[i].item, nil)
          i += 1
          continue
        }
        if merged.contains(element) { i += 1 }
      }
      if j < right.count {
        let element = right[j].element
        merged.insert(element)
        take(element, leftItems[element], rightItems[element])
        j += 1
        if next == element { next = shared.popFirst() }
      }
    }
    return result
  }

  /// The value without the fields of a set, and without what is left empty by that.
  static func remove(_ fields: FieldSet, from value: JSONValue, _ type: MergeType) -> JSONValue {
    if fields.isEmpty { return value }
    return removed(fields, value, type) ?? (value.arrayValue == nil ? [:] : [])
  }

  /// Nil where nothing is left.
  private static func removed(_ fields: FieldSet, _ value: JSONValue, _ type: MergeType) -> JSONValue? {
    switch (type.shape(of: value), value) {
    case (.list(let list), .array(let items)) where !list.isAtomic:
      let kept = items.compactMap { item -> JSONValue? in
        guard let element = try? list.element(of: item) else { return item }
        if fields.contains(member: element) { return nil }
        guard let below = fields.child(element), !below.isEmpty else { return item }
        return removed(below, item, list.element)
      }
      return kept.isEmpty && !items.isEmpty ? nil : .array(kept)
    case (.map(let map), .object(let object)) where !map.isAtomic:
      let kept = object.compactMap { name, member -> (String, JSONValue)? in
        let element = FieldElement.name(name)
        if fields.contains(member: element) { return nil }
        guard let below = fields.child(element), !below.isEmpty, let type = map.member(name) else {
          return (name, member)
        }
        return removed(below, member, type).map { (name, $0) }
      }
      return kept.isEmpty && !object.isEmpty ? nil : .object(JSONObject(kept))
    default: return value
    }
  }
}
