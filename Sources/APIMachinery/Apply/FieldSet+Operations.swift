extension FieldSet {
  /// The fields that are in either set.
  public func union(_ other: FieldSet) -> FieldSet {
    if other.isBare { return self }
    if isBare { return other }
    var result = FieldSet()
    Self.merge(members, other.members, by: { $0 }) { left, right in
      if let member = left ?? right { result.members.append(member) }
    }
    Self.merge(children, other.children, by: \.element) { left, right in
      if let left, let right {
        result.children.append(Child(element: left.element, set: left.set.union(right.set)))
      } else if let child = left ?? right {
        result.children.append(child)
      }
    }
    return result
  }

  /// The fields that are in both sets.
  public func intersection(_ other: FieldSet) -> FieldSet {
    if isBare || other.isBare { return FieldSet() }
    var result = FieldSet()
    Self.merge(members, other.members, by: { $0 }) { left, right in
      if let left, right != nil { result.members.append(left) }
    }
    Self.merge(children, other.children, by: \.element) { left, right in
      if let left, let right { result.append(left.element, left.set.intersection(right.set)) }
    }
    return result
  }

  /// The members that the other set lacks; what is below a member of the other set stays.
  public func difference(_ other: FieldSet) -> FieldSet {
    if isBare || other.isBare { return self }
    var result = FieldSet()
    Self.merge(members, other.members, by: { $0 }) { left, right in
      if let left, right == nil { result.members.append(left) }
    }
    Self.merge(children, other.children, by: \.element) { left, right in
      guard let left else { return }
      result.append(left.element, right.map { left.set.difference($0.set) } ?? left.set)
    }
    return result
  }

  /// The members that the other set lacks and that are not below one of its members.
  public func recursiveDifference(_ other: FieldSet) -> FieldSet {
    if isBare || other.isBare { return self }
    var result = FieldSet()
    Self.merge(members, other.members, by: { $0 }) { left, right in
      if let left, right == nil { result.members.append(left) }
    }
    Self.merge(children, other.children, by: \.element) { left, right in
      guard let left, !other.contains(member: left.element) else { return }
      result.append(left.element, right.map { left.set.recursiveDifference($0.set) } ?? left.set)
    }
    return result
  }

  /// Appends a child in order; an empty one is left out.
  private mutating func append(_ element: FieldElement, _ set: FieldSet) {
    if !set.isEmpty { children.append(Child(element: element, set: set)) }
  }

  /// Goes through two ordered lists side by side.
  private static func merge<Item>(
    _ left: [Item], _ right: [Item], by element: (Item) -> FieldElement, _ take: (Item?, Item?) -> Void
  ) where Item: Sendable {
    var (i, j) = (0, 0)
    while i < left.count || j < right.count {
      let order =
        i == left.count ? 1 : j == right.count ? -1 : FieldElement.compare(element(left[i]), element(right[j]))
      take(order <= 0 ? left[i] : nil, order >= 0 ? right[j] : nil)
      if order <= 0 { i += 1 }
      if order >= 0 { j += 1 }
    }
  }
}
