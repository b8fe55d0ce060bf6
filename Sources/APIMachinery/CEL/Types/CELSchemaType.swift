/// What a schema says of values that expressions see: their type, how large they can be, and how JSON becomes one.
public final class CELSchemaType: Sendable {
  /// The greatest size of a request, in bytes: what bounds sizes that a schema leaves open.
  static let largestRequest: Int64 = 3 * 1024 * 1024

  public let type: CELType
  /// How JSON is read.
  let reading: Reading
  /// The most elements of a list or map, or bytes of a string; 0 where there is no such thing.
  let maxElements: Int64
  /// The fewest bytes that a value takes in JSON.
  let minSerializedSize: Int64
  let isNullable: Bool
  /// The keys of a map, where more is known of them than that they are text.
  let keys: CELSchemaType?
  /// Whether the size of a map's values is also that of one that is selected by its name.
  let sizesMembers: Bool

  enum Reading: Sendable {
    /// As JSON says: an object is a map, a whole number an int.
    case natural
    case bool, int, double, string, bytes, duration, date, dateTime
    case list(CELSchemaType, CELListKind)
    case map(CELSchemaType)
    case object(CELObjectType)
  }

  init(
    _ type: CELType, _ reading: Reading, maxElements: Int64 = 0, minSerializedSize: Int64 = 0, isNullable: Bool = false,
    keys: CELSchemaType? = nil, sizesMembers: Bool = false
  ) {
    self.type = type
    self.reading = reading
    self.maxElements = maxElements
    self.minSerializedSize = minSerializedSize
    self.isNullable = isNullable
    self.keys = keys
    self.sizesMembers = sizesMembers
  }

  /// Values of any shape.
  public static let dynamic = CELSchemaType(.dynamic, .natural, minSerializedSize: 1, isNullable: true)

  var element: CELSchemaType? {
    switch reading {
    case .list(let element, _), .map(let element): element
    default: nil
    }
  }

  var object: CELObjectType? { if case .object(let object) = reading { object } else { nil } }

  /// The types of the keys of maps. Kubernetes estimates as if they were empty.
  static let key = CELSchemaType(.string, .string, maxElements: 0, minSerializedSize: 2)
}

/// How the items of a list are told apart, which `==` and `+` go by.
enum CELListKind: Sendable, Hashable {
  case atomic
  case set
  case map(keys: [String])
}

extension CELSchemaType {
  /// The type of values of a schema; nil where expressions do not see them.
  ///
  /// - Parameters:
  ///   - isResource: an object with `apiVersion`, `kind` and `metadata` of its own.
  ///   - name: what messages call an object of the schema.
  ///   - names: what they call objects in it that have names of their own, by where these are: `object.spec`.
  public static func make(
    _ schema: Schema, isResource: Bool, name: String = "object", names: [String: String] = [:]
  ) -> CELSchemaType? {
    var walk = Walk(names: names)
    return make(schema, isResource, name, &walk)
  }

  private struct Walk {
    let names: [String: String]
    var seen: [ObjectIdentifier: Int] = [:]
  }

  private static func make(
    _ node: Schema, _ isResource: Bool, _ name: String, _ walk: inout Walk
  ) -> CELSchemaType? {
    let schema = node.resolved
    let nullable = node.isNullable || schema.isNullable
    let identity = ObjectIdentifier(schema)
    // A definition that holds itself is seen to one level, and below as any value.
    guard walk.seen[identity, default: 0] < 2 || schema.properties.isEmpty else { return dynamic }
    walk.seen[identity, default: 0] += 1
    defer { walk.seen[identity, default: 1] -= 1 }
    switch schema.type {
    case .intOrString:
      return CELSchemaType(
        .dynamic, .natural, maxElements: bytes(of: schema) ?? largestRequest - 2, minSerializedSize: 1,
        isNullable: nullable)
    case .any: return dynamic
    case .array:
      guard let items = schema.items,
        let element = make(items, items.isEmbeddedResource, name + ".@idx", &walk)
      else { return nil }
      let most = schema.rules?.maxItems.map { max(0, $0) } ?? (largestRequest - 2) / (element.minSerializedSize + 1)
      let kind: CELListKind =
        switch schema.listType ?? node.listType {
        case .set: .set
        case .map: .map(keys: schema.listMapKeys)
        default: .atomic
        }
      return CELSchemaType(
        .list(element.type), .list(element, kind), maxElements: most, minSerializedSize: 2, isNullable: nullable)
    case .object: return object(schema, isResource, name, nullable, &walk)
    case .string, .quantity: return string(schema, nullable)
    case .boolean: return CELSchemaType(.bool, .bool, minSerializedSize: 4, isNullable: nullable)
    case .number: return CELSchemaType(.double, .double, minSerializedSize: 1, isNullable: nullable)
    case .integer: return CELSchemaType(.int, .int, minSerializedSize: 1, isNullable: nullable)
    case nil: return nil
    }
  }

  private static func object(
    _ schema: Schema, _ isResource: Bool, _ name: String, _ nullable: Bool, _ walk: inout Walk
  ) -> CELSchemaType? {
    if case .schema(let values)? = schema.additionalProperties {
      guard let value = make(values, values.isEmbeddedResource, name + ".@elem", &walk) else { return nil }
      let most =
        schema.rules?.maxProperties.map { max(0, $0) } ?? (largestRequest - 2) / (value.minSerializedSize + 6)
      return CELSchemaType(
        .map(.string, value.type), .map(value), maxElements: most, minSerializedSize: 2, isNullable: nullable)
    }
    var fields: [String: CELField] = [:]
    var size: Int64 = 2
    for property in schema.properties {
      guard !isResource || !["kind", "apiVersion", "metadata"].contains(property.name) || schema.preservesMetadata
      else { continue }
      guard
        let type = make(
          property.schema, property.schema.isEmbeddedResource, "\(name).\(property.name)", &walk)
      else { continue }
      if let escaped = CELFieldNames.escape(property.name) {
        fields[escaped] = CELField(name: property.name, type: type)
      }
      if schema.required.contains(property.name), property.schema.defaultValue == nil {
        size += Int64(property.name.utf8.count) + type.minSerializedSize + 4
      }
    }
    if isResource, !schema.preservesMetadata {
      let text = unboundedText
      fields["kind"] = CELField(name: "kind", type: text)
      fields["apiVersion"] = CELField(name: "apiVersion", type: text)
      let metadata = CELObjectType(
        name + ".metadata",
        fields: [
          "name": CELField(name: "name", type: text), "generateName": CELField(name: "generateName", type: text),
        ])
      fields["metadata"] = CELField(
        name: "metadata", type: CELSchemaType(.object(metadata), .object(metadata), minSerializedSize: 2))
    }
    let object = CELObjectType(walk.names[name] ?? name, fields: fields)
    return CELSchemaType(.object(object), .object(object), minSerializedSize: size, isNullable: nullable)
  }

  private static let unboundedText = CELSchemaType(
    .string, .string, maxElements: largestRequest - 2, minSerializedSize: 2)

  /// The most bytes of a string that is bounded in scalars.
  private static func bytes(of schema: Schema) -> Int64? {
    schema.rules?.maxLength.map { max(0, $0).multipliedReportingOverflow(by: 4) }.map {
      $0.overflow ? .max : $0.partialValue
    }
  }

  private static func string(_ schema: Schema, _ nullable: Bool) -> CELSchemaType {
    switch schema.format {
    case "byte":
      return CELSchemaType(
        .bytes, .bytes, maxElements: schema.rules?.maxLength.map { max(0, $0) } ?? largestRequest - 2,
        minSerializedSize: 2, isNullable: nullable)
    case "duration":
      return CELSchemaType(.duration, .duration, maxElements: 32, minSerializedSize: 3, isNullable: nullable)
    case "date":
      return CELSchemaType(.timestamp, .date, maxElements: 12, minSerializedSize: 12, isNullable: nullable)
    case "date-time":
      return CELSchemaType(.timestamp, .dateTime, maxElements: 32, minSerializedSize: 21, isNullable: nullable)
    default:
      let longest = schema.rules?.enumeration.flatMap { values in
        values.isEmpty ? nil : values.map { Int64($0.stringValue?.utf8.count ?? 0) }.max()
      }
      return CELSchemaType(
        .string, .string, maxElements: bytes(of: schema) ?? longest ?? largestRequest - 2, minSerializedSize: 2,
        isNullable: nullable)
    }
  }
}

extension Schema {
  /// Whether the schema itself says what an object's metadata is, as a built-in kind's does.
  fileprivate var preservesMetadata: Bool {
    guard let metadata = properties["metadata"]?.resolved else { return false }
    return metadata.properties["name"] != nil && metadata.properties["generateName"] != nil
      && properties["kind"] != nil && properties["apiVersion"] != nil
  }
}
