/// The members of a JSON object in the order in which they stand; names are unique. Two objects are equal when they have
/// the same members in whatever order.
public struct JSONObject: Sendable {
  public typealias Member = (name: String, value: JSONValue)

  /// Up to this many members a search is faster than a table.
  private static let searched = 12

  /// Many members, and where each name stands.
  private struct Indexed {
    var members: [Member]
    var table: [String: Int]

    init(_ members: [Member]) {
      self.members = members
      table = Dictionary(minimumCapacity: members.count + 1)
      for (index, member) in members.enumerated() { table[member.name] = index }
    }
  }

  /// One word, so that a `JSONValue` is no longer than a string: objects are by far the most of what a cluster holds.
  private enum Storage {
    case few([Member])
    /// An array of one element: a box with value semantics.
    case many([Indexed])
  }

  private var storage = Storage.few([])

  public init() {}

  /// Of two members of one name the later one stays, in the place of the first.
  public init(_ members: some Sequence<(String, JSONValue)>) {
    for (name, value) in members { self[name] = value }
  }

  /// Members no two of which have one name: those of another object in another order, for one.
  init(unique members: [Member]) {
    storage = members.count > Self.searched ? .many([Indexed(members)]) : .few(members)
  }

  private var members: [Member] {
    switch storage {
    case .few(let members): members
    case .many(let box): box[0].members
    }
  }

  public var isEmpty: Bool { members.isEmpty }
  public var keys: [String] { members.map(\.name) }

  /// Where a member stands; nil where there is none of that name.
  public func index(of name: String) -> Int? {
    switch storage {
    case .few(let members):
      // Most names have another length.
      let count = name.utf8.count
      return members.firstIndex { $0.name.utf8.count == count && $0.name == name }
    case .many(let box): return box[0].table[name]
    }
  }

  /// Setting nil removes the member; a new member is put last.
  public subscript(name: String) -> JSONValue? {
    get {
      guard let index = index(of: name) else { return nil }
      return members[index].value
    }
    set {
      if let newValue {
        put(name, newValue)
      } else {
        remove(name)
      }
    }
  }

  /// Sets a member: in its old place where there is one of that name, else last. Returns whether there was one.
  @discardableResult
  mutating func put(_ name: String, _ value: JSONValue) -> Bool {
    guard let index = index(of: name) else {
      append(name, value)
      return false
    }
    change(at: index) { $0 = value }
    return true
  }

  /// Changes a member in place, without a copy of what it holds. Returns nil where there is none of that name.
  public mutating func update<Result>(_ name: String, _ change: (inout JSONValue) throws -> Result)
    rethrows -> Result?
  {
    guard let index = index(of: name) else { return nil }
    return try self.change(at: index, change)
  }

  /// Puts another value in a member's place and returns the old one.
  mutating func exchange(at index: Int, with value: JSONValue) -> JSONValue {
    change(at: index) { old in
      defer { old = value }
      return old
    }
  }

  /// Takes a member out, and gives its value; nil where there is none of that name.
  @discardableResult
  public mutating func remove(_ name: String) -> JSONValue? {
    guard let index = index(of: name) else { return nil }
    var members = takeMembers()
    let removed = members.remove(at: index).value
    storage = members.count > Self.searched ? .many([Indexed(members)]) : .few(members)
    return removed
  }

  /// Keeps the members that a test holds for, in their order.
  public mutating func filter(keeping test: (String, JSONValue) throws -> Bool) rethrows {
    let kept = try members.filter { try test($0.name, $0.value) }
    guard kept.count < members.count else { return }
    storage = kept.count > Self.searched ? .many([Indexed(kept)]) : .few(kept)
  }

  /// The same members, some of them before all others.
  public func beginning(with names: [String]) -> JSONObject {
    var ordered: [Member] = []
    ordered.reserveCapacity(count)
    for name in names {
      if let index = index(of: name) { ordered.append(members[index]) }
    }
    for member in members where !names.contains(member.name) { ordered.append(member) }
    return JSONObject(unique: ordered)
  }

  /// The members in the order of their names' bytes, as Go's encoder writes a map.
  public var sorted: [Member] { members.sorted { $0.name < $1.name } }

  /// The members, leaving this object empty: what is then changed has one owner and is not copied.
  private mutating func takeMembers() -> [Member] {
    let members = members
    storage = .few([])
    return members
  }

  private mutating func append(_ name: String, _ value: JSONValue) {
    switch storage {
    case .few(var members):
      storage = .few([])
      // Few objects have one member alone: one array for three, rather than one for each of them.
      if members.count == members.capacity { members.reserveCapacity(Swift.max(3, 2 * members.count)) }
      members.append((name, value))
      storage = members.count > Self.searched ? .many([Indexed(members)]) : .few(members)
    case .many(var box):
      storage = .few([])
      box[0].table[name] = box[0].members.count
      box[0].members.append((name, value))
      storage = .many(box)
    }
  }

  private mutating func change<Result>(
    at index: Int, _ change: (inout JSONValue) throws -> Result
  ) rethrows -> Result {
    switch storage {
    case .few(var members):
      storage = .few([])
      defer { storage = .few(members) }
      return try change(&members[index].value)
    case .many(var box):
      storage = .few([])
      defer { storage = .many(box) }
      return try change(&box[0].members[index].value)
    }
  }
}

extension JSONObject: RandomAccessCollection {
  public var startIndex: Int { 0 }
  public var endIndex: Int { members.count }
  public subscript(position: Int) -> Member { members[position] }
  public func makeIterator() -> IndexingIterator<[Member]> { members.makeIterator() }
}

extension JSONObject: Hashable {
  public static func == (a: JSONObject, b: JSONObject) -> Bool {
    let (members, others) = (a.members, b.members)
    guard members.count == others.count else { return false }
    return members.indices.allSatisfy { place in
      let (name, value) = members[place]
      // Most often they stand in the same order.
      return others[place].name == name ? others[place].value == value : b[name] == value
    }
  }

  public func hash(into hasher: inout Hasher) {
    // A sum does not know an order.
    var sum = 0
    for member in self { sum &+= member.name.hashValue ^ member.value.hashValue }
    hasher.combine(sum)
  }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
  public init(dictionaryLiteral elements: (String, JSONValue)...) { self.init(elements) }
}
