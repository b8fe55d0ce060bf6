/// Checks that the values of a built-in kind have the types that its schema names.
///
/// Kubernetes decodes built-in kinds into Go's types before anything else looks at them; what does not fit ends the request with
/// Go's message, `json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32`. Clients and tests
/// know these words, so the same ones are made here from the schema. Values of a custom kind are checked by ``ValueValidator``.
public struct TypeChecker: Sendable {
  /// Who upstream would find the mismatch, and so in which words it is told.
  public enum Words: Sendable {
    /// Go's decoder of JSON, which reads what clients send.
    case decoder
    /// The converter from trees to Go's types, which reads what a strategic merge patch has made
    /// (apimachinery's `runtime/converter`): `cannot restore map from string`. It ends at the first mismatch.
    case converter
  }

  /// - Parameters:
  ///   - definitionName: the schema's name in OpenAPI documents.
  /// - Returns: whether there are numbers of which the converter makes others (``IntegerWrapping``).
  /// - Throws: ``TypeMismatch`` with the message about the first value that does not fit.
  @discardableResult
  public static func check(
    _ value: JSONValue, by schema: Schema, definitionName: String, words: Words = .decoder
  ) throws(TypeMismatch) -> Bool {
    var checker = TypeChecker(words: words)
    try checker.check(value, schema, definition: definitionName)
    if let saved = checker.saved { throw saved }
    return checker.wraps
  }

  /// There are numbers that the converter makes others of.
  private var wraps = false

  private let words: Words

  private init(words: Words) { self.words = words }

  /// The names of the members down to the value, and of the structures embedded on the way; items of lists and members
  /// of maps have none here.
  private var fields: [String] = []
  /// The definition whose member is looked at: empty in a structure that has no name of its own, nil outside of all.
  private var structure: String?
  /// Go notes the first mismatch and decodes on; a value that its type cannot read ends the decoding at once.
  private var saved: TypeMismatch?

  private mutating func save(_ found: String, _ type: String) {
    if saved == nil { saved = mismatch(found, type) }
  }

  /// Tells the place too, also where a type that reads itself has found the mismatch; the converter knows of none.
  private func mismatch(_ found: String, _ type: String) -> TypeMismatch {
    guard words == .decoder, let structure else {
      return TypeMismatch("json: cannot unmarshal \(found) into Go value of type \(type)")
    }
    let field = fields.joined(separator: ".")
    let name = structure.split(separator: ".").last ?? ""
    return TypeMismatch("json: cannot unmarshal \(found) into Go struct field \(name).\(field) of type \(type)")
  }

  /// A value that its field cannot take.
  private mutating func refuse(_ value: JSONValue, _ schema: Schema, type: String) throws(TypeMismatch) {
    switch words {
    case .decoder: save(value.goKind, type)
    case .converter: throw TypeMismatch(Self.conversion(of: value, to: schema.resolved, type: type))
    }
  }

  /// Go converts numbers to each other and to text, in its own sense, and so finds out late that it may not.
  private static func conversion(of value: JSONValue, to schema: Schema, type: String) -> String {
    switch goKind(schema) {
    case "struct": return "cannot restore struct from: \(value.goReflectKind)"
    case "map": return "cannot restore map from \(value.goReflectKind)"
    case "slice": return "cannot restore slice from \(value.goReflectKind)"
    case let kind:
      let isConvertible =
        switch value {
        case .integer: kind != "bool"
        case .double: kind != "bool" && kind != "string"
        default: false
        }
      return isConvertible ? "cannot convert \(value.goReflectKind) to \(type)" : "unrecognized type: \(kind)"
    }
  }

  private mutating func check(
    _ value: JSONValue, _ schema: Schema, definition: String? = nil
  ) throws(TypeMismatch) {
    if case .null = value { return }
    let node = schema.resolved
    switch node.type {
    case .object where node.preservesUnknownFields && node.properties.isEmpty: return
    case .object:
      guard case .object(let object) = value else {
        let type = schema.notes?.typeName ?? definition.map(Self.typeName) ?? Self.goType(schema)
        return try refuse(value, schema, type: type)
      }
      try check(object, schema, node, definition: definition)
    case .array:
      guard case .array(let items) = value else {
        return try refuse(value, schema, type: Self.goType(schema))
      }
      guard let itemSchema = node.items else { return }
      for item in items { try check(item, itemSchema) }
    case .string: try checkString(value, schema, node)
    case .integer: try checkInteger(value, schema, node)
    case .number: if !value.isNumber { try refuse(value, schema, type: Self.goType(schema)) }
    case .boolean: if value.boolValue == nil { try refuse(value, schema, type: Self.goType(schema)) }
    case .intOrString: try checkIntOrString(value)
    case .quantity: try checkQuantity(value)
    case .any, nil:
      // It reads itself.
      guard schema.reference?.name.hasSuffix(".JSONSchemaPropsOrBool") == true else { return }
      if value.boolValue == nil, value.objectValue == nil { throw TypeMismatch("boolean or JSON schema expected") }
    }
  }

  private mutating func check(
    _ object: JSONObject, _ schema: Schema, _ node: Schema, definition: String?
  ) throws(TypeMismatch) {
    let outer = structure
    let inner = schema.reference?.name ?? definition ?? structure ?? ""
    for (member, value) in object {
      if case .null = value { continue }
      if let property = node.properties[member] {
        structure = inner
        let depth = fields.count
        if let embedded = property.notes?.embeddedIn { fields.append(embedded) }
        fields.append(member)
        try check(value, property)
        fields.removeSubrange(depth...)
        structure = outer
      } else if case .schema(let element) = node.additionalProperties {
        try check(value, element)
      }
    }
  }

  private mutating func checkString(_ value: JSONValue, _ schema: Schema, _ node: Schema) throws(TypeMismatch) {
    switch node.format {
    case "date-time":
      // Times read themselves from a string of their own.
      guard let text = value.stringValue else { throw mismatch(value.goKind, "string") }
      let isMicro = schema.reference?.name.hasSuffix(".MicroTime") == true
      if let problem = GoTime.problem(text, isMicro ? .microseconds : .seconds) { throw TypeMismatch(problem) }
    case "byte":
      // A list of numbers is as good.
      if case .array(let items) = value { return try checkBytes(items) }
      guard let text = value.stringValue else { return try refuse(value, schema, type: "[]uint8") }
      guard let place = Base64.invalidByte(text) else { return }
      let problem = "illegal base64 data at input byte \(place)"
      if words == .converter { throw TypeMismatch("error decoding from json: \(problem)") }
      if saved == nil { saved = TypeMismatch(problem) }
    case "duration":
      guard let text = value.stringValue else { throw mismatch(value.goKind, "string") }
      if let problem = GoDuration.problem(text) { throw TypeMismatch(problem) }
    default: if value.stringValue == nil { try refuse(value, schema, type: Self.goType(schema)) }
    }
  }

  private mutating func checkInteger(
    _ value: JSONValue, _ schema: Schema, _ node: Schema
  ) throws(TypeMismatch) {
    let type = Self.goType(schema)
    switch value {
    case .integer(let number) where node.format != "int32" || Int32(exactly: number) != nil: return
    case .integer(let number) where words == .decoder: save("number \(number)", type)
    case .integer: wraps = true
    case .double(let number) where words == .decoder: save("number \(number.goJSON)", type)
    case .double(let number) where Int64(exactly: number) != nil: wraps = true
    default: try refuse(value, schema, type: type)
    }
  }

  private mutating func checkBytes(_ items: [JSONValue]) throws(TypeMismatch) {
    for item in items {
      switch item {
      case .null: continue
      case .integer(let number) where UInt8(exactly: number) != nil: continue
      case .integer(let number) where words == .decoder: save("number \(number)", "uint8")
      case .integer: wraps = true
      case .double(let number) where words == .decoder: save("number \(number.goJSON)", "uint8")
      case .double(let number) where Int64(exactly: number) != nil: wraps = true
      case .double: throw TypeMismatch("cannot convert float64 to uint8")
      default:
        guard words == .decoder else { throw TypeMismatch("unrecognized type: uint8") }
        save(item.goKind, "uint8")
      }
    }
  }

  private func checkIntOrString(_ value: JSONValue) throws(TypeMismatch) {
    switch value {
    case .string: return
    case .integer(let number) where Int32(exactly: number) != nil: return
    case .integer(let number): throw mismatch("number \(number)", "int32")
    case .double(let number): throw mismatch("number \(number.goJSON)", "int32")
    default: throw mismatch(value.goKind, "int32")
    }
  }

  private func checkQuantity(_ value: JSONValue) throws(TypeMismatch) {
    do {
      _ = try Quantity(json: value)
    } catch {
      throw TypeMismatch(error.message)
    }
  }

  // MARK: Names of Go's types

  /// `v1.DeploymentSpec` of `io.k8s.api.apps.v1.DeploymentSpec`.
  static func typeName(_ definition: String) -> String {
    definition.split(separator: ".").suffix(2).joined(separator: ".")
  }

  /// What kind of type Go has for a node.
  static func goKind(_ schema: Schema) -> String {
    switch schema.type {
    case .array: "slice"
    case .object: schema.additionalProperties == nil ? "struct" : "map"
    case .string: schema.format == nil ? "string" : schema.format == "byte" ? "slice" : "struct"
    case .integer: schema.format == "int32" ? "int32" : "int64"
    case .number: "float64"
    case .boolean: "bool"
    case .intOrString, .quantity: "struct"
    case .any, nil: "interface"
    }
  }

  static func goType(_ schema: Schema) -> String {
    if let name = schema.notes?.typeName ?? schema.resolved.notes?.typeName { return name }
    if let reference = schema.reference { return typeName(reference.name) }
    switch schema.type {
    case .array: return "[]" + (schema.items.map(goType) ?? "interface {}")
    case .object:
      if case .schema(let element) = schema.additionalProperties { return "map[string]" + goType(element) }
      return "map[string]interface {}"
    case .string: return schema.format == "byte" ? "[]uint8" : "string"
    case .integer: return schema.format == "int32" ? "int32" : "int64"
    case .number: return "float64"
    case .boolean: return "bool"
    case .intOrString: return "intstr.IntOrString"
    case .quantity: return "resource.Quantity"
    case .any, nil: return "interface {}"
    }
  }
}

/// A value of a type that its field may not have: the request is malformed (400).
public struct TypeMismatch: Error, Sendable, Hashable {
  /// In the words of Go's decoder.
  public let message: String

  init(_ message: String) { self.message = message }
}

extension TypeMismatch: CustomStringConvertible {
  public var description: String { message }
}

extension JSONValue {
  /// What Go's decoder calls a value of this kind.
  public var goKind: String {
    switch self {
    case .null: "null"
    case .bool: "bool"
    case .integer, .double: "number"
    case .string: "string"
    case .array: "array"
    case .object: "object"
    }
  }

  /// What Go calls the type of a value in a tree.
  fileprivate var goReflectKind: String {
    switch self {
    case .null: "invalid"
    case .bool: "bool"
    case .integer: "int64"
    case .double: "float64"
    case .string: "string"
    case .array: "slice"
    case .object: "map"
    }
  }

  var isNumber: Bool {
    switch self {
    case .integer, .double: true
    default: false
    }
  }
}
