import APIMachinery

/// What a schema does not say of a type: when its fields are served, and which cannot change.
struct TypeFacts: Sendable {
  var fields: [FieldFacts]
  /// Whether a field that cannot change may be here or below.
  var holdsImmutable: Bool { fields.contains { $0.isImmutable || $0.definition != nil && $0.nesting == .value } }

  init(_ type: TypeEntry, _ builder: SchemaBuilder) throws(KindDataError) {
    fields = []
    for field in type.fields { fields.append(try FieldFacts(field, builder)) }
    if type.form == .object {
      fields.append(FieldFacts(metadata: CommonDefinitions.objectMeta))
    }
  }
}

extension [String: TypeFacts] {
  /// The types that have a field of some sort, or hold types that do.
  func definitions(with isMeant: (FieldFacts) -> Bool) -> Set<String> {
    var holders: [String: [String]] = [:]
    var found: Set<String> = []
    for (name, type) in self {
      for field in type.fields {
        if isMeant(field) { found.insert(name) }
        if let below = field.definition { holders[below, default: []].append(name) }
      }
    }
    var waiting = Array(found)
    while let name = waiting.popLast() {
      for holder in holders[name] ?? [] where found.insert(holder).inserted { waiting.append(holder) }
    }
    return found
  }
}

/// What a schema does not say of a field. Each write walks along those of its kind: passing a reference costs less than copying
/// all of it.
final class FieldFacts: Sendable {
  let name: String
  let presence: FieldPresence
  /// A zero value is kept as it is.
  let isOptional: Bool
  /// Filled with the zero value where it is missing.
  let isAlways: Bool
  /// It must be there, and is not written where it is zero.
  let isGiven: Bool
  /// Null stands for a missing value and for a zero one: what upstream's types hold by value, and do not leave out.
  let isNull: Bool
  let isImmutable: Bool
  /// The schema has a default for it: a zero value gives way.
  let hasDefault: Bool
  /// The feature that must be on for the field to be kept.
  let feature: String?
  let zero: Zero
  /// The type below, where it is one with fields of its own.
  let definition: String?
  let nesting: Nesting
  /// The zero of what a list or a map holds.
  let item: Zero?
  /// The values of the map are quantities.
  let holdsQuantities: Bool
  /// Of the value, or of those of a map.
  let form: ValueForm?

  /// The type's zero value.
  enum Zero: Sendable { case string, number, bool, list, map, object, quantity, time, none }
  /// How a type stands in the field.
  enum Nesting: Sendable { case value, list, map }

  /// The field `metadata` of an object.
  init(metadata definition: String) {
    name = "metadata"
    presence = .omitted
    isOptional = false
    isAlways = true
    isGiven = false
    isNull = false
    isImmutable = false
    hasDefault = false
    feature = nil
    zero = .object
    self.definition = definition
    nesting = .value
    item = nil
    holdsQuantities = false
    form = nil
  }

  init(_ field: FieldEntry, _ builder: SchemaBuilder) throws(KindDataError) {
    name = field.name
    presence = field.presence
    isOptional = field.isOptional
    isAlways = field.isAlways
    isGiven = field.saysZero == false
    isNull = field.isNull
    isImmutable = field.isImmutable
    hasDefault = field.defaultValue != nil
    feature = field.feature
    var (zero, nesting, holdsQuantities) = (Zero.none, Nesting.value, false)
    var (definition, item, form): (String?, Zero?, ValueForm?) = (nil, nil, nil)
    switch field.type {
    case .string: zero = .string
    case .bytes:
      zero = .string
      form = .bytes
    case .int32, .int64, .double: zero = .number
    case .bool: zero = .bool
    case .named(let name):
      zero = field.isAlways ? .object : .none
      definition = try builder.definitionName(name, line: field.line)
    case .list(let type):
      zero = .list
      nesting = .list
      item = Zero(type)
      if case .named(let name) = type {
        definition = try builder.definitionName(name, line: field.line)
        // Null is a value of its own where all are.
        if builder.isOfAnyShape(name) { item = Zero.none }
      }
    case .map(let value):
      zero = .map
      nesting = .map
      item = Zero(value)
      switch value {
      case .named(let name): definition = try builder.definitionName(name, line: field.line)
      case .quantity: holdsQuantities = true
      case .time: form = .seconds
      case .bytes: form = .bytes
      default: break
      }
    case .quantity: zero = .quantity
    case .time, .microTime:
      zero = .time
      form = field.type == .time ? .seconds : .microseconds
    case .any, .intOrString, .raw, .fieldSet: zero = .none
    }
    self.zero = zero
    self.nesting = nesting
    self.holdsQuantities = holdsQuantities
    self.definition = definition
    self.item = item
    self.form = form
  }
}

extension FieldFacts.Zero {
  /// Of an item of this type.
  fileprivate init(_ type: FieldType) {
    self =
      switch type {
      case .string, .bytes: .string
      case .int32, .int64, .double: .number
      case .bool: .bool
      case .named: .object
      case .list: .list
      case .map: .map
      case .quantity: .quantity
      case .time, .microTime: .time
      case .any, .intOrString, .raw, .fieldSet: .none
      }
  }
}
