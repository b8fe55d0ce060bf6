/// What the checker knows of a value (CEL language definition, "Gradual Type Checking").
public indirect enum CELType: Sendable, Hashable {
  /// Any value; what it is shows when it is evaluated.
  case dynamic
  case null, bool, int, uint, double, string, bytes, timestamp, duration
  case list(CELType)
  case map(CELType, CELType)
  /// Values with named fields.
  case object(CELObjectType)
  /// A type of a library: `optional_type(int)`, `kubernetes.Quantity`.
  case opaque(String, [CELType])
  /// The type of types; nil where it is not known of which.
  case type(CELType?)
  /// Stands for a type that is found when a function is called.
  case parameter(String)
  /// The type of what is wrong, so that one mistake is told once.
  case failure

  /// A value or null: a message of Protocol Buffers around it.
  static func wrapper(_ type: CELType) -> CELType { .opaque("wrapper", [type]) }

  /// A value that may be missing, of a type.
  public static func optional(_ type: CELType) -> CELType { .opaque("optional_type", [type]) }
}

/// The fields of an object; two of them are one type only where they are one object.
public final class CELObjectType: Sendable, Hashable {
  public let name: String
  /// By the names that expressions use.
  let fields: [String: CELField]

  init(_ name: String, fields: [String: CELField]) {
    self.name = name
    self.fields = fields
  }

  /// Fields of types that are known without a schema.
  public convenience init(_ name: String, types: [String: CELType]) {
    self.init(
      name,
      fields: types.reduce(into: [:]) { fields, entry in
        fields[entry.key] = CELField(name: entry.key, type: CELSchemaType(entry.value, .natural, isNullable: true))
      })
  }

  /// The field that an expression means by a name: words of the language need not be escaped after a dot.
  func fieldName(_ name: String) -> String {
    guard fields[name] == nil, let escaped = CELFieldNames.escapedKeyword(name), fields[escaped] != nil else {
      return name
    }
    return escaped
  }

  public static func == (a: CELObjectType, b: CELObjectType) -> Bool { a === b }
  public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

/// A field of an object.
struct CELField: Sendable {
  /// As in JSON; expressions may write it otherwise.
  let name: String
  let type: CELSchemaType
}

extension CELType: CustomStringConvertible {
  /// As messages show it.
  public var description: String {
    switch self {
    case .dynamic: "dyn"
    case .null: "null"
    case .bool: "bool"
    case .int: "int"
    case .uint: "uint"
    case .double: "double"
    case .string: "string"
    case .bytes: "bytes"
    case .timestamp: "timestamp"
    case .duration: "duration"
    case .list(let element): "list(\(element))"
    case .map(let key, let value): "map(\(key), \(value))"
    case .object(let object): object.name
    case .opaque(let name, let parameters):
      parameters.isEmpty ? name : "\(name)(\(parameters.map(\.description).joined(separator: ", ")))"
    case .type(nil): "type"
    case .type(let inner?): "type(\(inner))"
    case .parameter(let name): name
    case .failure: "!error!"
    }
  }

  /// The name that `type(value)` has at run time.
  var runtimeName: String {
    switch self {
    case .null: "null_type"
    case .list: "list"
    case .map: "map"
    case .timestamp: "google.protobuf.Timestamp"
    case .duration: "google.protobuf.Duration"
    case .opaque(let name, _): name
    case .type: "type"
    default: description
    }
  }

  var isDynamic: Bool { self == .dynamic }
  var isFailure: Bool { self == .failure }
  var isDynamicOrFailure: Bool { isDynamic || isFailure }

  /// The field of a value of this type that an expression means by a name.
  func fieldName(_ name: String) -> String {
    if case .object(let object) = unwrapped ?? self { object.fieldName(name) } else { name }
  }

  /// The type in an optional; nil where this is none.
  var unwrapped: CELType? {
    if case .opaque("optional_type", let parameters) = self { parameters.first } else { nil }
  }

  /// Whether values hold no others, and are known to be of this type.
  var isSimple: Bool {
    switch self {
    case .bool, .bytes, .double, .duration, .int, .null, .string, .timestamp, .uint: true
    default: false
    }
  }

  /// Whether values have one size whatever they are.
  var isScalar: Bool {
    switch self {
    case .bool, .double, .duration, .int, .timestamp, .uint: true
    default: unwrapped?.isScalar ?? false
    }
  }
}
