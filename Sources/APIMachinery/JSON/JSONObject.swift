/// The members of a JSON object in the order in which they stand; names are unique. Two objects are equal when they have
/// the same members in whatever order.
public struct JSONObject: Sendable {
  /// Up to this many members a search is faster than a table.
  private static let searched = 12

  private var names: [String] = []
  private var values: [JSONValue] = []
  /// Where each name stands; nil while there are few.
  private var table: [String: Int]?

  public init() {}

  /// Of two members of one name the later one stays, in the place of the first.
  public init(_ members: some Sequence<(String, JSONValue)>) {
    for (name, value) in members { self[name] = value }
  }

  public var count: Int { names.count }
  public var isEmpty: Bool { names.isEmpty }
  public var keys: [String] { names }

  private func position(of name: String) -> Int? {
    if let table { return table[name] }
    return names.firstIndex(of: name)
  }

  /// Setting nil removes the member; a new member is put last.
  public subscript(name: String) -> JSONValue? {
    get { position(of: name).map { values[$0] } }
    set {
      guard let newValue else {
        remove(name)
        return
      }
      if let index = position(of: name) {
        values[index] = newValue
        return
      }
      names.append(name)
      values.append(newValue)
      if table != nil {
        table?[name] = names.count - 1
      } else if names.count > Self.searched {
        rebuildTable()
      }
    }
  }

  /// Changes a member in place, without a copy of what it holds.
  public mutating func update<Result>(_ name: String, _ change: (inout JSONValue) throws -> Result) rethrows -> Result?
  {
    guard let index = position(of: name) else { return nil }
    return try change(&values[index])
  }

  @discardableResult
  public mutating func remove(_ name: String) -> JSONValue? {
    guard let index = position(of: name) else { return nil }
    names.remove(at: index)
    let value = values.remove(at: index)
    if table != nil { rebuildTable() }
    return value
  }

  private mutating func rebuildTable() {
    guard names.count > Self.searched else {
      table = nil
      return
    }
    table = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
  }
}

extension JSONObject: Sequence {
  public func makeIterator() -> Zip2Sequence<[String], [JSONValue]>.Iterator { zip(names, values).makeIterator() }
}

extension JSONObject: Hashable {
  public static func == (a: JSONObject, b: JSONObject) -> Bool {
    a.count == b.count && a.allSatisfy { b[$0.0] == $0.1 }
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(count)
    for name in names.sorted() { hasher.combine(name) }
  }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
  public init(dictionaryLiteral elements: (String, JSONValue)...) { self.init(elements) }
}
