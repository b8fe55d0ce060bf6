/// One step of a path to a field.
public enum FieldElement: Sendable {
  /// A member of an object.
  case name(String)
  /// The item of a list whose members have these values, in the order of their names.
  case key([Key])
  /// The item of a set that is this value.
  case value(JSONValue)
  /// An item of a list by its place.
  case index(Int)

  /// A member by which an item is known.
  public struct Key: Sendable {
    public let name: String
    public let value: JSONValue

    public init(_ name: String, _ value: JSONValue) {
      self.name = name
      self.value = value
    }
  }

  private var rank: Int {
    switch self {
    case .name: 0
    case .key: 1
    case .value: 2
    case .index: 3
    }
  }
}

extension FieldElement: Comparable, Hashable {
  public static func < (a: FieldElement, b: FieldElement) -> Bool { compare(a, b) < 0 }
  public static func == (a: FieldElement, b: FieldElement) -> Bool {
    if case .name(let a) = a, case .name(let b) = b { return a == b }
    return compare(a, b) == 0
  }

  /// Below, at or above 0: names come first, then keys, values and places.
  static func compare(_ a: FieldElement, _ b: FieldElement) -> Int {
    switch (a, b) {
    case (.name(let a), .name(let b)): a < b ? -1 : a == b ? 0 : 1
    case (.key(let a), .key(let b)): compare(a, b)
    case (.value(let a), .value(let b)): JSONValue.compare(a, b)
    case (.index(let a), .index(let b)): a < b ? -1 : a == b ? 0 : 1
    default: a.rank < b.rank ? -1 : 1
    }
  }

  private static func compare(_ a: [Key], _ b: [Key]) -> Int {
    for (left, right) in zip(a, b) {
      if left.name != right.name { return left.name < right.name ? -1 : 1 }
      let order = JSONValue.compare(left.value, right.value)
      if order != 0 { return order }
    }
    return a.count < b.count ? -1 : a.count == b.count ? 0 : 1
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(rank)
    switch self {
    case .name(let name): hasher.combine(name)
    case .key(let keys):
      for key in keys {
        hasher.combine(key.name)
        key.value.hashByValue(into: &hasher)
      }
    case .value(let value): value.hashByValue(into: &hasher)
    case .index(let index): hasher.combine(index)
    }
  }
}

extension FieldElement: CustomStringConvertible {
  public var description: String {
    switch self {
    case .name(let name): ".\(name)"
    case .key(let keys): "[" + keys.map { "\($0.name)=\($0.value.mergeDescription)" }.joined(separator: ",") + "]"
    case .value(let value): "[=\(value.mergeDescription)]"
    case .index(let index): "[\(index)]"
    }
  }
}

extension JSONValue {
  /// A total order of values: numbers by their size, whichever way they are written.
  static func compare(_ a: JSONValue, _ b: JSONValue) -> Int {
    func order<Value: Comparable>(_ a: Value, _ b: Value) -> Int { a < b ? -1 : a > b ? 1 : 0 }
    switch (a, b) {
    case (.integer(let a), .integer(let b)): return order(a, b)
    case (.double, .double), (.double, .integer), (.integer, .double): return order(a.doubleValue, b.doubleValue)
    case (.string(let a), .string(let b)): return order(a, b)
    case (.bool(let a), .bool(let b)): return order(a ? 1 : 0, b ? 1 : 0)
    case (.array(let a), .array(let b)):
      for (left, right) in zip(a, b) {
        let result = compare(left, right)
        if result != 0 { return result }
      }
      return order(a.count, b.count)
    case (.object(let a), .object(let b)):
      for (left, right) in zip(a.sorted, b.sorted) {
        if left.name != right.name { return left.name < right.name ? -1 : 1 }
        let result = compare(left.value, right.value)
        if result != 0 { return result }
      }
      return order(a.count, b.count)
    default: return order(a.mergeRank, b.mergeRank)
    }
  }

  private var mergeRank: Int {
    switch self {
    case .double: 0
    case .integer: 1
    case .string: 2
    case .bool: 3
    case .array: 4
    case .object: 5
    case .null: 6
    }
  }

  /// Equal, where `1` and `1.0` are the same.
  func isSame(as other: JSONValue) -> Bool {
    switch (self, other) {
    case (.array(let a), .array(let b)):
      return a.count == b.count && zip(a, b).allSatisfy { $0.isSame(as: $1) }
    case (.object(let a), .object(let b)):
      return a.count == b.count && a.allSatisfy { name, value in b[name].map { value.isSame(as: $0) } ?? false }
    case (.double, .integer), (.integer, .double): return doubleValue == other.doubleValue
    default: return self == other
    }
  }

  fileprivate func hashByValue(into hasher: inout Hasher) {
    if isNumber { hasher.combine(doubleValue) } else { hasher.combine(self) }
  }

  /// As messages about conflicts write a value.
  var mergeDescription: String {
    switch self {
    case .null: "null"
    case .string(let text): text.goQuoted
    case .array(let items): "[" + items.map(\.mergeDescription).joined(separator: ",") + "]"
    case .object(let object): object.sorted.map { "\($0.name)=\($0.value.mergeDescription)" }.joined()
    default: goDescription
    }
  }
}
