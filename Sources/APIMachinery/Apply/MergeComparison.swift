/// What differs between two values of a type.
struct MergeComparison {
  var removed = FieldSet()
  var modified = FieldSet()
  var added = FieldSet()

  init(_ old: JSONValue, _ new: JSONValue, _ type: MergeType) { _ = compare(old, new, type, &self) }

  private init() {}

  var isEmpty: Bool { removed.isEmpty && modified.isEmpty && added.isEmpty }

  /// Without some fields and all below them.
  func excluding(_ fields: FieldSet?) -> MergeComparison {
    guard let fields, !fields.isEmpty else { return self }
    var result = self
    result.removed = removed.recursiveDifference(fields)
    result.modified = modified.recursiveDifference(fields)
    result.added = added.recursiveDifference(fields)
    return result
  }

  /// What became of the place itself.
  private enum Change { case none, removed, modified, added }

  private mutating func note(_ change: Change, _ element: FieldElement) {
    switch change {
    case .none: return
    case .removed: removed.insert(member: element)
    case .modified: modified.insert(member: element)
    case .added: added.insert(member: element)
    }
  }

  /// One of the values may be missing. Changes below are put into `below`, those of the place are returned.
  private func compare(
    _ old: JSONValue?, _ new: JSONValue?, _ type: MergeType, _ below: inout MergeComparison
  ) -> Change {
    guard let new else {
      let change = compare(old, nil, type.shape(of: old), &below)
      return change == .none ? .removed : change
    }
    let newShape = type.shape(of: new)
    guard let old else {
      let change = compare(nil, new, newShape, &below)
      return change == .none ? .added : change
    }
    let oldShape = type.shape(of: old)
    if oldShape.isLike(newShape) { return compare(old, new, newShape, &below) }
    let first = compare(old, new, oldShape, &below)
    let second = compare(old, new, newShape, &below)
    return second == .none ? first : second
  }

  private func leaf(_ old: JSONValue?, _ new: JSONValue?) -> Change {
    guard let old else { return .added }
    guard let new else { return .removed }
    return old.isSame(as: new) ? .none : .modified
  }

  private func compare(
    _ old: JSONValue?, _ new: JSONValue?, _ shape: MergeType.Shape, _ below: inout MergeComparison
  ) -> Change {
    switch shape {
    case .scalar: return leaf(old, new)
    case .list(let list):
      let (oldItems, newItems) = (old?.arrayValue ?? [], new?.arrayValue ?? [])
      if list.isAtomic || (oldItems.isEmpty && newItems.isEmpty) { return leaf(old, new) }
      compare(oldItems, newItems, list, &below)
    case .map(let map):
      let (oldObject, newObject) = (old?.objectValue ?? [:], new?.objectValue ?? [:])
      if map.isAtomic || (oldObject.isEmpty && newObject.isEmpty) { return leaf(old, new) }
      for (name, value) in oldObject {
        compare(value, newObject[name], map.member(name), .name(name), &below)
      }
      for (name, value) in newObject where oldObject.index(of: name) == nil {
        compare(nil, value, map.member(name), .name(name), &below)
      }
    }
    return .none
  }

  private func compare(
    _ old: JSONValue?, _ new: JSONValue?, _ type: MergeType?, _ element: FieldElement, _ below: inout MergeComparison
  ) {
    guard let type else { return }
    // Most of an object is what it was.
    if let old, let new, old == new { return }
    var inner = MergeComparison()
    below.note(compare(old, new, type, &inner), element)
    below.removed.put(child: element, inner.removed)
    below.modified.put(child: element, inner.modified)
    below.added.put(child: element, inner.added)
  }

  /// Items that are there more than once are compared as a whole.
  private func compare(
    _ old: [JSONValue], _ new: [JSONValue], _ list: MergeType.List, _ below: inout MergeComparison
  ) {
    let oldItems = Self.byElement(old, list)
    let newItems = Self.byElement(new, list)
    let elements = oldItems.order + newItems.order.filter { oldItems.values[$0] == nil }
    for element in elements {
      let (before, after) = (oldItems.values[element] ?? [], newItems.values[element] ?? [])
      switch (before.count, after.count) {
      case (0...1, 0...1): compare(before.first, after.first, list.element, element, &below)
      case (2..., 2...):
        let isSame = before.count == after.count && zip(before, after).allSatisfy { $0.isSame(as: $1) }
        if !isSame { below.modified.insert(member: element) }
      case (2..., _):
        if let only = after.first { compare(nil, only, list.element, element, &below) }
        below.removed.insert(member: element)
      default:
        if let only = before.first { compare(only, nil, list.element, element, &below) }
        below.added.insert(member: element)
      }
    }
  }

  private static func byElement(
    _ items: [JSONValue], _ list: MergeType.List
  ) -> (order: [FieldElement], values: [FieldElement: [JSONValue]]) {
    var order: [FieldElement] = []
    var values: [FieldElement: [JSONValue]] = [:]
    for item in items {
      guard let element = try? list.element(of: item) else { continue }
      if values[element] == nil { order.append(element) }
      values[element, default: []].append(item)
    }
    return (order, values)
  }
}
