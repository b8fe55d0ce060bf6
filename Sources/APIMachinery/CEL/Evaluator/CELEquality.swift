extension CELValue {
  /// `==`: numbers by what they are worth, all else by type and content. Bounded by the frame's work.
  func isEqual(_ other: CELValue, _ frame: inout CELFrame) throws -> Bool {
    try frame.work(1)
    switch (self, other) {
    case (.null, .null): return true
    case (.bool(let a), .bool(let b)): return a == b
    case (.int(let a), .int(let b)): return a == b
    case (.uint(let a), .uint(let b)): return a == b
    case (.double(let a), .double(let b)): return a == b
    case (.int, .uint), (.int, .double), (.uint, .int), (.uint, .double), (.double, .int), (.double, .uint):
      return compare(other) == .equal
    case (.string(let a), .string(let b)):
      try frame.work(min(a.utf8.count, b.utf8.count) / 64)
      return a.hasSameScalars(b)
    case (.bytes(let a), .bytes(let b)): return a == b
    case (.timestamp(let a, _), .timestamp(let b, _)): return a == b
    case (.duration(let a), .duration(let b)): return a == b
    case (.type(let a), .type(let b)): return a.runtimeName == b.runtimeName
    case (.list(let a), .list(let b)): return try a.isEqual(b, &frame)
    case (.map(let a), .map(let b)): return try a.isEqual(b, &frame)
    case (.object(let a), .object(let b)): return try a.isEqual(b, &frame)
    case (.optional(nil), .optional(nil)): return true
    case (.optional(let a?), .optional(let b?)): return try a.isEqual(b, &frame)
    case (.opaque(let a), .opaque(let b)): return a.isEqual(b)
    default: return false
    }
  }

  enum Order: Sendable { case less, equal, greater, unordered }

  /// The order of two values; nil where they have none.
  func compare(_ other: CELValue) -> Order? {
    func order<Value: Comparable>(_ a: Value, _ b: Value) -> Order { a < b ? .less : a == b ? .equal : .greater }
    switch (self, other) {
    case (.bool(let a), .bool(let b)): return order(a ? 1 : 0, b ? 1 : 0)
    case (.int(let a), .int(let b)): return order(a, b)
    case (.uint(let a), .uint(let b)): return order(a, b)
    case (.int(let a), .uint(let b)): return a < 0 ? .less : order(UInt64(a), b)
    case (.uint(let a), .int(let b)): return b < 0 ? .greater : order(a, UInt64(b))
    case (.double(let a), .double(let b)): return a.isNaN || b.isNaN ? .unordered : order(a, b)
    case (.int(let a), .double(let b)): return Self.compare(a, b)
    case (.double(let a), .int(let b)): return Self.compare(b, a).reversed
    case (.uint(let a), .double(let b)): return Self.compare(a, b)
    case (.double(let a), .uint(let b)): return Self.compare(b, a).reversed
    case (.string(let a), .string(let b)):
      if a.hasSameScalars(b) { return .equal }
      return a.utf8.lexicographicallyPrecedes(b.utf8) ? .less : .greater
    case (.bytes(let a), .bytes(let b)): return a == b ? .equal : a.lexicographicallyPrecedes(b) ? .less : .greater
    case (.timestamp(let a, _), .timestamp(let b, _)): return order(a, b)
    case (.duration(let a), .duration(let b)): return order(a, b)
    case (.opaque(let a as CELQuantity), .opaque(let b as CELQuantity)): return order(a.quantity, b.quantity)
    default: return nil
    }
  }

  /// As cel-go compares them: where both are in bounds, as doubles.
  private static func compare<Whole: FixedWidthInteger>(_ a: Whole, _ b: Double) -> Order {
    if b.isNaN { return .unordered }
    let number = Double(a)
    return number < b ? .less : number == b ? .equal : .greater
  }
}

extension CELValue.Order {
  fileprivate var reversed: CELValue.Order {
    switch self {
    case .less: .greater
    case .greater: .less
    default: self
    }
  }
}

extension CELList {
  func isEqual(_ other: CELList, _ frame: inout CELFrame) throws -> Bool {
    guard count == other.count else { return false }
    switch kind {
    case .atomic:
      if other.kind != .atomic { return try other.isEqual(self, &frame) }
      for index in 0..<count where try !element(index).isEqual(other.element(index), &frame) { return false }
      return true
    case .set:
      // Their order says nothing.
      let mine = try elements()
      for value in try other.elements() where try !Self.contains(mine, value, &frame) { return false }
      return true
    case .map(let keys):
      let mine = try elements()
      for value in try other.elements() {
        guard let index = try Self.index(of: value, in: mine, keys, &frame),
          try mine[index].isEqual(value, &frame)
        else { return false }
      }
      return true
    }
  }

  private static func contains(_ list: [CELValue], _ value: CELValue, _ frame: inout CELFrame) throws -> Bool {
    for other in list where try other.isEqual(value, &frame) { return true }
    return false
  }

  /// Where the item stands that has the same keys.
  private static func index(
    of value: CELValue, in list: [CELValue], _ keys: [String], _ frame: inout CELFrame
  ) throws -> Int? {
    for (index, other) in list.enumerated() {
      var isSame = true
      for key in keys {
        let name = CELFieldNames.escape(key) ?? key
        let (a, b) = (try other.member(name), try value.member(name))
        if let a, let b {
          isSame = try a.isEqual(b, &frame)
        } else {
          isSame = a == nil && b == nil
        }
        if !isSame { break }
      }
      if isSame { return index }
    }
    return nil
  }

  /// `+`: of a set the union, of a list with keys a merge, else one after the other.
  func adding(_ other: CELList, _ frame: inout CELFrame) throws -> CELList {
    try frame.work(count + other.count)
    switch kind {
    case .atomic: return CELList(try appending(other))
    case .set:
      var values = try elements()
      for value in try other.elements() where try !Self.contains(values, value, &frame) { values.append(value) }
      return CELList(values, kind: kind)
    case .map(let keys):
      var values = try elements()
      for value in try other.elements() {
        if let index = try Self.index(of: value, in: values, keys, &frame) {
          values[index] = value
        } else {
          values.append(value)
        }
      }
      return CELList(values, kind: kind)
    }
  }
}

extension CELValue {
  /// A field of an object or a map; nil where there is none.
  func member(_ name: String) throws -> CELValue? {
    switch self {
    case .object(let object): try object.field(name)
    case .map(let map): try map.find(.string(name))
    default: nil
    }
  }
}

extension CELMap {
  func isEqual(_ other: CELMap, _ frame: inout CELFrame) throws -> Bool {
    guard count == other.count else { return false }
    for key in keys {
      guard let a = try find(key), let b = try other.find(key), try a.isEqual(b, &frame) else { return false }
    }
    return true
  }
}

extension CELObject {
  func isEqual(_ other: CELObject, _ frame: inout CELFrame) throws -> Bool {
    if let type, let otherType = other.type {
      guard type == otherType, let a = json, let b = other.json, a.count == b.count else { return false }
      // Of fields that the schema does not know only the JSON can be compared.
      let known = Set(type.fields.values.map(\.name))
      for (name, value) in a where !known.contains(name) && b[name] != value { return false }
      for (name, field) in type.fields {
        let (inA, inB) = (a[field.name] != nil, b[field.name] != nil)
        guard inA == inB else { return false }
        guard inA else { continue }
        guard let left = try self.field(name), let right = try other.field(name), try left.isEqual(right, &frame)
        else { return false }
      }
      return true
    }
    guard typeName == other.typeName, values.count == other.values.count else { return false }
    for (name, value) in values {
      guard let right = try other.field(name), try value.isEqual(right, &frame) else { return false }
    }
    return true
  }
}
