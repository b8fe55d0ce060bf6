/// What a set's elements carry.
public enum SetValue: Sendable, Hashable {
  /// A plain set: an element is there or not.
  case nothing
  /// A map to concatenated values.
  case data([DataType])
  /// A verdict map.
  case verdict
}

/// What one element gives.
public enum ElementValue: Sendable, Hashable {
  case nothing
  case data([Datum])
  case verdict(Verdict)
}

/// One element; the key's fields follow the set's.
public struct Element: Sendable, Hashable {
  public var key: [Datum]
  /// The last key of an interval, in sets that hold intervals.
  public var end: [Datum]?
  public var value: ElementValue

  public init(_ key: [Datum], end: [Datum]? = nil, _ value: ElementValue = .nothing) {
    self.key = key
    self.end = end
    self.value = value
  }
}

/// A set, map or verdict map with a name. Keys may be concatenations, so one lookup decides about several fields at once
/// and a change costs one element instead of one rule.
public struct NamedSet: Sendable, Equatable {
  public var name: String
  public var key: [DataType]
  public var value: SetValue
  /// Keys are ranges (a pipapo set in the kernel) and not single values.
  public var isInterval: Bool
  public var elements: Set<Element>

  public init(
    _ name: String, key: [DataType], value: SetValue = .nothing, isInterval: Bool = false, elements: Set<Element> = []
  ) {
    self.name = name
    self.key = key
    self.value = value
    self.isInterval = isInterval
    self.elements = elements
  }

  /// Whether the definitions agree, whatever the elements.
  func hasSameShape(as other: NamedSet) -> Bool {
    name == other.name && key == other.key && value == other.value && isInterval == other.isInterval
  }
}

extension NamedSet {
  /// nft's word.
  var keyword: String { value == .nothing ? "set" : "map" }
}

extension Element: Comparable {
  /// By key, for an order that does not change from one run to the next.
  public static func < (a: Element, b: Element) -> Bool { a.key.lexicographicallyPrecedes(b.key) }
}
