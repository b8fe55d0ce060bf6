/// What type parameters stand for, found by comparing types (cel-go's checker, "unification").
struct CELTypeUnifier {
  private var substitutions: [String: CELType] = [:]
  private var created = 0

  mutating func newVariable() -> CELType {
    defer { created += 1 }
    return .parameter("_var\(created)")
  }

  /// A type with its own parameters replaced by fresh ones.
  mutating func instantiate(_ types: [CELType]) -> [CELType] {
    var fresh: [String: CELType] = [:]
    return types.map { replace($0, &fresh) }
  }

  private mutating func replace(_ type: CELType, _ fresh: inout [String: CELType]) -> CELType {
    switch type {
    case .parameter(let name):
      if let known = fresh[name] { return known }
      let variable = newVariable()
      fresh[name] = variable
      return variable
    case .list(let element): return .list(replace(element, &fresh))
    case .map(let key, let value): return .map(replace(key, &fresh), replace(value, &fresh))
    case .opaque(let name, let parameters): return .opaque(name, parameters.map { replace($0, &fresh) })
    case .type(let inner?): return .type(replace(inner, &fresh))
    default: return type
    }
  }

  /// The type with what is known put in.
  /// - Parameter toDynamic: whether unknown parameters become `dyn`.
  func substitute(_ type: CELType, toDynamic: Bool = false) -> CELType {
    switch type {
    case .parameter(let name):
      if let known = substitutions[name] { return substitute(known, toDynamic: toDynamic) }
      return toDynamic ? .dynamic : type
    case .list(let element): return .list(substitute(element, toDynamic: toDynamic))
    case .map(let key, let value):
      return .map(substitute(key, toDynamic: toDynamic), substitute(value, toDynamic: toDynamic))
    case .opaque(let name, let parameters):
      return .opaque(name, parameters.map { substitute($0, toDynamic: toDynamic) })
    case .type(let inner?): return .type(substitute(inner, toDynamic: toDynamic))
    default: return type
    }
  }

  /// Whether values of one type can stand where the other is asked for. What is learnt stays only where they can.
  mutating func assign(_ a: CELType, _ b: CELType) -> Bool { assign([a], [b]) }

  mutating func assign(_ a: [CELType], _ b: [CELType]) -> Bool {
    let saved = substitutions
    if unifyAll(a, b) { return true }
    substitutions = saved
    return false
  }

  private mutating func unifyAll(_ a: [CELType], _ b: [CELType]) -> Bool {
    guard a.count == b.count else { return false }
    for (a, b) in zip(a, b) where !unify(a, b) { return false }
    return true
  }

  private mutating func unify(_ a: CELType, _ b: CELType) -> Bool {
    if case .parameter(let name) = b {
      let (valid, known) = bind(name, to: a)
      if valid { return true }
      if known { return false }
    }
    if case .parameter(let name) = a { return bind(name, to: b).valid }
    if a.isDynamicOrFailure || b.isDynamicOrFailure { return true }
    switch (a, b) {
    case (.null, let other), (let other, .null): return Self.isNullable(other)
    case (.type, .type): return true
    case (.opaque("wrapper", _), .opaque("wrapper", _)): return a == b
    case (.opaque("wrapper", let inner), let other): return unify(inner[0], other)
    case (let other, .opaque("wrapper", let inner)): return unify(other, inner[0])
    case (.list(let a), .list(let b)): return unify(a, b)
    case (.map(let aKey, let aValue), .map(let bKey, let bValue)): return unify(aKey, bKey) && unify(aValue, bValue)
    case (.opaque(let a, let aParameters), .opaque(let b, let bParameters)):
      return a == b && unifyAll(aParameters, bParameters)
    default: return a == b
    }
  }

  private static func isNullable(_ type: CELType) -> Bool {
    switch type {
    case .null, .opaque, .object, .duration, .timestamp: true
    default: false
    }
  }

  private mutating func bind(_ name: String, to type: CELType) -> (valid: Bool, known: Bool) {
    if type == .parameter(name) { return (true, true) }
    if let known = substitutions[name] {
      if known == type { return (true, true) }
      guard unify(type, known) else { return (false, true) }
      let general = Self.mostGeneral(type, known)
      if !occurs(name, in: general) { substitutions[name] = general }
      return (true, true)
    }
    guard !occurs(name, in: type) else { return (false, false) }
    substitutions[name] = type
    return (true, false)
  }

  private func occurs(_ name: String, in type: CELType) -> Bool {
    switch type {
    case .parameter(let other):
      if other == name { return true }
      return substitutions[other].map { occurs(name, in: $0) } ?? false
    case .list(let element): return occurs(name, in: element)
    case .map(let key, let value): return occurs(name, in: key) || occurs(name, in: value)
    case .opaque(_, let parameters): return parameters.contains { occurs(name, in: $0) }
    case .type(let inner?): return occurs(name, in: inner)
    default: return false
    }
  }

  /// Of two types that agree the one that says less.
  static func mostGeneral(_ a: CELType, _ b: CELType) -> CELType { isAtMostAsSpecific(a, b) ? a : b }

  private static func isAtMostAsSpecific(_ a: CELType, _ b: CELType) -> Bool {
    switch (a, b) {
    case (.dynamic, _), (.parameter, _): true
    case (_, .dynamic), (_, .parameter): false
    case (.list(let a), .list(let b)): isAtMostAsSpecific(a, b)
    case (.map(let aKey, let aValue), .map(let bKey, let bValue)):
      isAtMostAsSpecific(aKey, bKey) && isAtMostAsSpecific(aValue, bValue)
    case (.opaque(let a, let aParameters), .opaque(let b, let bParameters)):
      a == b && aParameters.count == bParameters.count
        && zip(aParameters, bParameters).allSatisfy { isAtMostAsSpecific($0, $1) }
    case (.type, .type): true
    default: a == b
    }
  }
}
