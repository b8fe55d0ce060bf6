/// A list of an expression: values, or JSON that becomes values as it is looked at.
public struct CELList: Sendable {
  private enum Storage: Sendable {
    case values([CELValue])
    case json([JSONValue], CELSchemaType)
  }

  private var storage: Storage
  let kind: CELListKind

  public init(_ values: [CELValue]) {
    storage = .values(values)
    kind = .atomic
  }

  init(_ values: [CELValue], kind: CELListKind) {
    storage = .values(values)
    self.kind = kind
  }

  init(_ items: [JSONValue], element: CELSchemaType, kind: CELListKind = .atomic) {
    storage = .json(items, element)
    self.kind = kind
  }

  public var count: Int {
    switch storage {
    case .values(let values): values.count
    case .json(let items, _): items.count
    }
  }

  /// - Throws: ``CELEvaluationError`` where the JSON is not of its schema.
  func element(_ index: Int) throws -> CELValue {
    switch storage {
    case .values(let values): values[index]
    case .json(let items, let type): try CELValue(items[index], type)
    }
  }

  /// - Throws: ``CELEvaluationError`` where the JSON is not of its schema.
  public func elements() throws -> [CELValue] {
    switch storage {
    case .values(let values): values
    case .json(let items, let type): try items.map { try CELValue($0, type) }
    }
  }

  /// Appends in place where nobody else holds the values.
  mutating func append(_ value: CELValue) throws {
    if case .values(var values) = storage {
      storage = .values([])
      values.append(value)
      storage = .values(values)
    } else {
      storage = .values(try elements() + [value])
    }
  }

  func appending(_ other: CELList) throws -> [CELValue] { try elements() + other.elements() }
}

/// A key of a map. Whole numbers are one key whatever their type is.
struct CELMapKey: Sendable, Hashable {
  private enum Form: Sendable {
    case bool(Bool)
    case int(Int64)
    case uint(UInt64)
    case string(String)
  }

  private let form: Form

  /// - Parameter value: nil where it can be no key.
  init?(_ value: CELValue) {
    switch value {
    case .bool(let value): form = .bool(value)
    case .int(let value): form = .int(value)
    case .uint(let value): form = Int64(exactly: value).map { .int($0) } ?? .uint(value)
    case .double(let value):
      if let whole = Int64(exactly: value) {
        form = .int(whole)
      } else if let whole = UInt64(exactly: value) {
        form = .uint(whole)
      } else {
        return nil
      }
    case .string(let text): form = .string(text)
    default: return nil
    }
  }

  static func == (a: CELMapKey, b: CELMapKey) -> Bool {
    switch (a.form, b.form) {
    case (.bool(let a), .bool(let b)): a == b
    case (.int(let a), .int(let b)): a == b
    case (.uint(let a), .uint(let b)): a == b
    case (.string(let a), .string(let b)): a.hasSameScalars(b)
    default: false
    }
  }

  func hash(into hasher: inout Hasher) {
    switch form {
    case .bool(let value): hasher.combine(value)
    case .int(let value): hasher.combine(value)
    case .uint(let value): hasher.combine(value)
    case .string(let text): for byte in text.utf8 { hasher.combine(byte) }
    }
  }
}

/// A map of an expression, its keys in the order in which they came.
public struct CELMap: Sendable {
  private enum Storage: Sendable {
    case values(keys: [CELValue], [CELMapKey: CELValue])
    case json(JSONObject, CELSchemaType)
  }

  private var storage: Storage

  public init() { storage = .values(keys: [], [:]) }
  init(_ object: JSONObject, values: CELSchemaType) { storage = .json(object, values) }

  public var count: Int {
    switch storage {
    case .values(let keys, _): keys.count
    case .json(let object, _): object.count
    }
  }

  var keys: [CELValue] {
    switch storage {
    case .values(let keys, _): keys
    case .json(let object, _): object.keys.map { .string($0) }
    }
  }

  func find(_ key: CELValue) throws -> CELValue? {
    switch storage {
    case .values(_, let table): return CELMapKey(key).flatMap { table[$0] }
    case .json(let object, let type):
      guard case .string(let name) = key, let value = object[name] else { return nil }
      return try CELValue(value, type)
    }
  }

  func contains(_ key: CELValue) -> Bool {
    switch storage {
    case .values(_, let table): CELMapKey(key).map { table[$0] != nil } ?? false
    case .json(let object, _): if case .string(let name) = key { object[name] != nil } else { false }
    }
  }

  /// Adds a member.
  /// - Throws: ``CELEvaluationError`` where there is one of this key.
  mutating func insert(_ key: CELValue, _ value: CELValue) throws {
    if try find(key) != nil { throw CELEvaluationError("insert failed: key \(key.shownAsKey) already exists") }
    try set(key, value)
  }

  /// Adds a member, or replaces the one of this key.
  mutating func set(_ key: CELValue, _ value: CELValue) throws {
    guard let hashed = CELMapKey(key) else {
      throw CELEvaluationError("unsupported key type: \(key.typeName)")
    }
    if case .json = storage {
      var copy = CELMap()
      for key in keys { if let value = try find(key) { try copy.set(key, value) } }
      self = copy
    }
    guard case .values(var keys, var table) = storage else { return }
    storage = .values(keys: [], [:])
    if table.updateValue(value, forKey: hashed) == nil { keys.append(key) }
    storage = .values(keys: keys, table)
  }
}

/// An object with named fields: JSON of a schema, or what an expression has put together.
public struct CELObject: Sendable {
  private enum Storage: Sendable {
    case json(JSONObject, CELObjectType)
    case values(String, [(name: String, value: CELValue)])
  }

  private let storage: Storage

  init(_ object: JSONObject, _ type: CELObjectType) { storage = .json(object, type) }
  init(typeName: String, _ fields: [(name: String, value: CELValue)]) { storage = .values(typeName, fields) }

  var type: CELObjectType? { if case .json(_, let type) = storage { type } else { nil } }
  /// The name of its type.
  public var typeName: String {
    switch storage {
    case .json(_, let type): type.name
    case .values(let name, _): name
    }
  }

  var count: Int {
    switch storage {
    case .json(let object, _): object.count
    case .values(_, let fields): fields.count
    }
  }

  /// The names of the fields that it has.
  var names: [String] {
    switch storage {
    case .json(let object, let type): type.fields.compactMap { (object[$1.name] ?? .null) == .null ? nil : $0 }
    case .values(_, let fields): fields.map(\.name)
    }
  }

  func has(_ name: String) -> Bool {
    switch storage {
    // What is null is not there.
    case .json(let object, let type): type.fields[name].map { (object[$0.name] ?? .null) != .null } ?? false
    case .values(_, let fields): fields.contains { $0.name == name }
    }
  }

  func field(_ name: String) throws -> CELValue? {
    switch storage {
    case .json(let object, let type):
      guard let field = type.fields[name], let value = object[field.name], value != .null else { return nil }
      return try CELValue(value, field.type)
    case .values(_, let fields): return fields.first { $0.name == name }?.value
    }
  }

  /// The JSON that it is a view of; nil where an expression has made it.
  var json: JSONObject? { if case .json(let object, _) = storage { object } else { nil } }
  /// The fields that an expression has given it.
  public var values: [(name: String, value: CELValue)] {
    if case .values(_, let fields) = storage { fields } else { [] }
  }
}
