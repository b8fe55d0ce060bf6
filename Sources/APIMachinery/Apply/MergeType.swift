/// What is known of a value for merging: which of its parts have owners of their own.
enum MergeType: Sendable {
  /// - preservesUnknown: whether objects here and below may have members that the schema does not name.
  case schema(Schema, preservesUnknown: Bool)
  /// Nothing is known: members of objects have owners of their own, lists have one.
  case deduced
  /// Nothing is known, and whatever it is has one owner.
  case untyped

  init(_ schema: Schema) { self.init(schema, preservesUnknown: false) }

  private init(_ schema: Schema, preservesUnknown: Bool) {
    if schema.reference?.name == Self.rawExtension {
      self = .untyped
      return
    }
    self = .schema(schema, preservesUnknown: preservesUnknown || schema.resolved.preservesUnknownFields)
  }

  /// An object of any kind inside another one.
  private static let rawExtension = "io.k8s.apimachinery.pkg.runtime.RawExtension"

  enum Scalar: Sendable { case numeric, string, boolean, any }

  enum Shape: Sendable {
    case scalar(Scalar)
    case list(List)
    case map(Map)

    /// Whether two values of these shapes can be merged as such.
    func isLike(_ other: Shape) -> Bool {
      switch (self, other) {
      case (.scalar, .scalar), (.list, .list), (.map, .map): true
      default: false
      }
    }
  }

  struct List: Sendable {
    /// Nil where the list has one owner; empty for a set.
    let keys: [String]?
    let element: MergeType
    /// The schema of the items, for the defaults of their keys.
    let items: Schema?

    var isAtomic: Bool { keys == nil }
  }

  struct Map: Sendable {
    let isAtomic: Bool
    /// The object's own schema.
    let schema: Schema?
    /// The type of members without a name in the schema; nil where there may be none.
    let others: MergeType?
    let preservesUnknown: Bool

    func isNamed(_ name: String) -> Bool { schema?.properties[name] != nil }

    /// Nil where there may be no such member.
    func member(_ name: String) -> MergeType? {
      guard let property = schema?.properties[name] else { return others }
      return MergeType(property, preservesUnknown: preservesUnknown)
    }

    /// An object of which the schema knows no member.
    var isDeduced: Bool {
      if case .deduced? = others { return schema?.properties.isEmpty ?? true }
      return false
    }
  }

  /// How a value of this type is to be taken. A value that the type does not allow, and null, are taken in the first of
  /// the ways that it does: as an object, a scalar or a list.
  func shape(of value: JSONValue?) -> Shape {
    switch self {
    case .deduced:
      let others = Map(isAtomic: false, schema: nil, others: .deduced, preservesUnknown: true)
      return Self.choose(value, others, .any, List(keys: nil, element: .untyped, items: nil))
    case .untyped:
      let others = Map(isAtomic: true, schema: nil, others: .untyped, preservesUnknown: true)
      return Self.choose(value, others, .any, List(keys: nil, element: .untyped, items: nil))
    case .schema(let node, let preservesUnknown):
      let schema = node.resolved
      switch schema.type {
      case .object: return .map(Self.map(node, schema, preservesUnknown))
      case .array: return .list(Self.list(node, schema, preservesUnknown))
      case .integer, .number: return .scalar(.numeric)
      case .boolean: return .scalar(.boolean)
      case .string: return .scalar(schema.format == nil || schema.format == "byte" ? .string : .any)
      case .quantity: return .scalar(.any)
      case .intOrString where schema.format == "int-or-string" || node.reference != nil: return .scalar(.any)
      case .intOrString, .any, nil:
        let map = Self.map(node, schema, preservesUnknown)
        return Self.choose(value, map, .any, Self.list(node, schema, preservesUnknown))
      }
    }
  }

  private static func choose(_ value: JSONValue?, _ map: Map, _ scalar: Scalar, _ list: List) -> Shape {
    switch value {
    case .array?: .list(list)
    case .object?, .null?, nil: .map(map)
    default: .scalar(scalar)
    }
  }

  private static func map(_ node: Schema, _ schema: Schema, _ preservesUnknown: Bool) -> Map {
    let others: MergeType? =
      switch schema.additionalProperties {
      case .schema(let members): MergeType(members, preservesUnknown: preservesUnknown)
      case .allowed(true): .deduced
      case .allowed(false): nil
      case nil: preservesUnknown || schema.properties.isEmpty ? .deduced : nil
      }
    return Map(
      isAtomic: (node.mapType ?? schema.mapType) == .atomic, schema: schema, others: others,
      preservesUnknown: preservesUnknown)
  }

  private static func list(_ node: Schema, _ schema: Schema, _ preservesUnknown: Bool) -> List {
    let element = schema.items.map { MergeType($0, preservesUnknown: preservesUnknown) } ?? .untyped
    let source = node.listType == nil && node.patchStrategy.isEmpty ? schema : node
    let keys: [String]? =
      switch source.listType {
      case .map: source.listMapKeys
      case .set: []
      case .atomic: nil
      // Old kinds say it for strategic merge patches alone.
      case nil: source.patchStrategy.contains(.merge) ? source.patchMergeKey.map { [$0] } ?? [] : nil
      }
    return List(keys: keys, element: element, items: schema.items?.resolved)
  }
}

extension MergeType.List {
  /// By what an item is known in a set or map.
  func element(of item: JSONValue) throws(MergeItemError) -> FieldElement {
    guard let keys else { throw MergeItemError("invalid indexing of non-associative list") }
    guard !keys.isEmpty else {
      switch item {
      case .object: throw MergeItemError("associative list without keys has an element that's a map type")
      case .array: throw MergeItemError("not supported: associative list with lists as elements")
      case .null: throw MergeItemError("associative list without keys has an element that's an explicit null")
      default: return .value(item)
      }
    }
    guard case .object(let object) = item else {
      throw MergeItemError(
        item == .null
          ? "associative list with keys may not have a null element"
          : "associative list with keys may not have non-map elements")
    }
    var values: [FieldElement.Key] = []
    for key in keys {
      let known = items?.properties[key]
      if let value = object[key] ?? known?.defaultValue ?? known?.zeroValue { values.append(.init(key, value)) }
    }
    guard !values.isEmpty else {
      let names = "[" + keys.map(\.goQuoted).joined(separator: " ") + "]"
      throw MergeItemError(
        "associative list with keys has an element that omits all key fields \(names)"
          + " (and doesn't have default values for any key fields)")
    }
    if values.count > 1 { values.sort { $0.name < $1.name } }
    return .key(values)
  }
}

/// Why an item cannot be told from others.
struct MergeItemError: Error {
  let message: String

  init(_ message: String) { self.message = message }
}
