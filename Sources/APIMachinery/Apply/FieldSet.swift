/// A set of fields of an object: what a manager owns.
///
/// A field and the fields inside it are members of their own: who owns `spec` does not own `spec.replicas`. Members and
/// children are kept in order, so that set operations are merges and the text is always the same.
public struct FieldSet: Sendable, Equatable {
  /// The fields at this level that belong to the set.
  var members: [FieldElement] = []
  /// The fields at this level that have members below; those need not be members themselves.
  var children: [Child] = []

  struct Child: Sendable, Equatable {
    let element: FieldElement
    var set: FieldSet
  }

  public init() {}

  public init(_ paths: some Sequence<FieldSetPath>) {
    for path in paths { insert(path) }
  }

  /// Paths of names: `[["spec", "replicas"]]`.
  public init(names: [[String]]) { self.init(names.map { FieldSetPath($0.map { .name($0) }) }) }

  /// Whether there is nothing in it at all, which is quicker to see than that there are no members anywhere below.
  var isBare: Bool { members.isEmpty && children.isEmpty }

  public var isEmpty: Bool { members.isEmpty && children.allSatisfy { $0.set.isEmpty } }

  /// How many fields are members.
  public var count: Int { members.count + children.reduce(0) { $0 + $1.set.count } }

  /// The path of the whole object is no field.
  public mutating func insert(_ path: FieldSetPath) { insert(path.elements[...]) }

  private mutating func insert(_ path: ArraySlice<FieldElement>) {
    guard let first = path.first else { return }
    if path.count == 1 {
      insert(member: first)
    } else {
      update(child: first) { $0.insert(path.dropFirst()) }
    }
  }

  /// Whether a field itself is in the set, and not only something below it.
  public func contains(_ path: FieldSetPath) -> Bool {
    var set = self
    for element in path.elements.dropLast() {
      guard let child = set.child(element) else { return false }
      set = child
    }
    return path.elements.last.map { set.contains(member: $0) } ?? false
  }

  /// The members with their paths: those of a level before those below.
  public var paths: [FieldSetPath] {
    var result: [FieldSetPath] = []
    collect(FieldSetPath([]), into: &result)
    return result
  }

  private func collect(_ prefix: FieldSetPath, into result: inout [FieldSetPath]) {
    for member in members { result.append(prefix.appending(member)) }
    for child in children { child.set.collect(prefix.appending(child.element), into: &result) }
  }

  // MARK: One level

  mutating func insert(member element: FieldElement) {
    // Fields mostly come in order.
    if members.last.map({ $0 < element }) ?? true {
      members.append(element)
      return
    }
    let index = members.lowerBound(of: element) { $0 }
    if index == members.count || members[index] != element { members.insert(element, at: index) }
  }

  func contains(member element: FieldElement) -> Bool {
    let index = members.lowerBound(of: element) { $0 }
    return index < members.count && members[index] == element
  }

  func child(_ element: FieldElement) -> FieldSet? {
    let index = children.lowerBound(of: element, by: \.element)
    return index < children.count && children[index].element == element ? children[index].set : nil
  }

  /// Changes the set below a field, which is made where there is none.
  mutating func update(child element: FieldElement, _ change: (inout FieldSet) -> Void) {
    let index = children.lowerBound(of: element, by: \.element)
    if index == children.count || children[index].element != element {
      children.insert(Child(element: element, set: FieldSet()), at: index)
    }
    change(&children[index].set)
  }

  /// Puts a set below a field that has none yet; an empty one is left out.
  mutating func put(child element: FieldElement, _ set: FieldSet) {
    guard !set.isBare else { return }
    // Fields mostly come in order.
    if children.last.map({ $0.element < element }) ?? true {
      children.append(Child(element: element, set: set))
    } else {
      update(child: element) { $0 = $0.union(set) }
    }
  }
}

extension FieldSet: CustomStringConvertible {
  /// A path a line.
  public var description: String { paths.map(\.description).joined(separator: "\n") }
}

/// Where a field stands in an object, for its owners.
public struct FieldSetPath: Sendable, Hashable {
  public var elements: [FieldElement]

  public init(_ elements: [FieldElement]) { self.elements = elements }

  func appending(_ element: FieldElement) -> FieldSetPath { FieldSetPath(elements + [element]) }
}

extension FieldSetPath: CustomStringConvertible {
  /// As messages about conflicts write it: `.spec.containers[name="a"].image`.
  public var description: String { elements.map(\.description).joined() }
}

extension Array {
  /// Where an element stands in an ordered array, or would stand.
  func lowerBound(of wanted: FieldElement, by element: (Element) -> FieldElement) -> Int {
    var from = 0
    var to = count
    while from < to {
      let middle = (from + to) / 2
      if element(self[middle]) < wanted { from = middle + 1 } else { to = middle }
    }
    return from
  }
}
