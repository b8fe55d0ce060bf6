/// Types of variables that no schema describes, with the sizes by which costs are estimated.
extension CELSchemaType {
  /// - Parameter elements: the most bytes of a text, or elements of a list, that a value can have; 1 for what has no size.
  public static func sized(_ type: CELType, elements: Int64) -> CELSchemaType {
    CELSchemaType(type, .natural, maxElements: elements, minSerializedSize: 1, isNullable: true)
  }

  /// A map from texts to values.
  /// - Parameters:
  ///   - keys: the type of its keys, which bounds how long they are.
  ///   - elements: how many entries it has at most.
  ///   - sizesMembers: the size of the values is known also where one is selected by its name.
  public static func map(
    _ keys: CELSchemaType, _ values: CELSchemaType, elements: Int64, sizesMembers: Bool = false
  ) -> CELSchemaType {
    CELSchemaType(
      .map(keys.type, values.type), .map(values), maxElements: elements, minSerializedSize: 2, keys: keys,
      sizesMembers: sizesMembers)
  }

  /// An object with fields.
  public static func object(_ name: String, _ fields: [String: CELSchemaType]) -> CELSchemaType {
    let object = CELObjectType(
      name,
      fields: fields.reduce(into: [:]) { $0[$1.key] = CELField(name: $1.key, type: $1.value) })
    return CELSchemaType(.object(object), .object(object), minSerializedSize: 2)
  }
}

extension CELType {
  /// An amount of a resource (Kubernetes' library for quantities).
  public static let quantity = CELQuantity.type

  /// As cel-go prints a type: not all names are those of its messages of compilation.
  public var goDescription: String {
    switch self {
    case .null: "null_type"
    case .timestamp: "google.protobuf.Timestamp"
    case .duration: "google.protobuf.Duration"
    case .list(let element): "list(\(element.goDescription))"
    case .map(let key, let value): "map(\(key.goDescription), \(value.goDescription))"
    default: description
    }
  }
}
