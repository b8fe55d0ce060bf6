extension FieldSet {
  /// The fields of a value: its leaves, and the items of its sets and maps.
  init(of value: JSONValue, _ type: MergeType) { self = Self.fields(of: value, type).set }

  /// The fields below, and whether the place itself is one.
  private static func fields(of value: JSONValue, _ type: MergeType) -> (set: FieldSet, isField: Bool) {
    switch type.shape(of: value) {
    case .scalar: return (FieldSet(), true)
    case .list(let list):
      if list.isAtomic { return (FieldSet(), true) }
      guard case .array(let items) = value else { return (FieldSet(), false) }
      return (fields(of: items, list), false)
    case .map(let map):
      if map.isAtomic { return (FieldSet(), true) }
      guard case .object(let object) = value else { return (FieldSet(), false) }
      var set = FieldSet()
      for (name, member) in object {
        guard let type = map.member(name) else { continue }
        let (below, isField) = fields(of: member, type)
        let element = FieldElement.name(name)
        set.put(child: element, below)
        let isEmpty = member == .null || member.objectValue?.isEmpty == true
        if isField || isEmpty || !map.isNamed(name) { set.insert(member: element) }
      }
      return (set, false)
    }
  }

  /// An item that is there more than once is a field as a whole.
  private static func fields(of items: [JSONValue], _ list: MergeType.List) -> FieldSet {
    let elements = items.map { try? list.element(of: $0) }
    var counts: [FieldElement: Int] = [:]
    for case let element? in elements { counts[element, default: 0] += 1 }
    var set = FieldSet()
    for (item, element) in zip(items, elements) {
      guard let element else { continue }
      if counts[element] == 1 { set.put(child: element, fields(of: item, list.element).set) }
      set.insert(member: element)
    }
    return set
  }

  /// With each named field that has members below as a member itself.
  func withNamedFields(_ type: MergeType?) -> FieldSet {
    var result = FieldSet()
    result.members = members
    let shape = type.map { $0.rawShape }
    for child in children {
      var below: MergeType?
      switch (shape, child.element) {
      case (.map(let map)?, .name(let name)):
        below = map.member(name)
        if map.isNamed(name) { result.insert(member: child.element) }
      case (.list(let list)?, .key): below = list.element
      default: below = nil
      }
      result.children.append(Child(element: child.element, set: child.set.withNamedFields(below)))
    }
    return result
  }

  /// The set after the schema has changed: of what has one owner now, those who owned parts of it own the whole.
  ///
  /// Nil where nothing changes.
  func reconciled(with type: MergeType) -> FieldSet? {
    var remove = FieldSet()
    Self.collectAtomic(self, type, FieldSetPath([]), isWhole: false, into: &remove)
    return remove.isEmpty ? nil : recursiveDifference(remove).union(remove)
  }

  private static func collectAtomic(
    _ set: FieldSet?, _ type: MergeType, _ path: FieldSetPath, isWhole: Bool, into result: inout FieldSet
  ) {
    switch type.rawShape {
    case .scalar: return
    case .list(let list):
      if !isWhole, list.isAtomic {
        result.insert(path)
        return
      }
      set?.visit(path, into: &result) { _ in list.element }
    case .map(let map):
      if map.isDeduced { return }
      if !isWhole, map.isAtomic {
        if let set, set.count > 0 { result.insert(path) }
        return
      }
      set?.visit(path, into: &result) { element in
        if case .name(let name) = element { map.member(name) } else { map.others }
      }
    }
  }

  private func visit(_ path: FieldSetPath, into result: inout FieldSet, _ type: (FieldElement) -> MergeType?) {
    for child in children where !contains(member: child.element) {
      guard let type = type(child.element) else { continue }
      Self.collectAtomic(child.set, type, path.appending(child.element), isWhole: false, into: &result)
    }
    for member in members {
      guard let type = type(member) else { continue }
      let below = child(member)
      Self.collectAtomic(below, type, path.appending(member), isWhole: below == nil, into: &result)
    }
  }
}

extension MergeType {
  /// The shape that comes first, whatever the value.
  var rawShape: Shape { shape(of: nil) }
}
