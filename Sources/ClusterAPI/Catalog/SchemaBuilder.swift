import APIMachinery

/// Makes schemas of the types that a text describes.
struct SchemaBuilder {
  /// Metadata of an object within another one, of a template say, is judged with that.
  private static let judged = {
    var rules = ValueRules()
    rules.isJudgedByKind = true
    return rules
  }()

  let data: KindData
  let file: String
  let notes: SharedNotes

  /// The name of a definition: of this package, or with a dot of another one.
  func definitionName(_ type: String, line: Int) throws(KindDataError) -> String {
    guard let dot = type.utf8.firstIndex(of: UInt8(ascii: ".")) else { return "\(data.package).\(type)" }
    guard let package = data.packages[String(type[..<dot])] else {
      throw KindDataError(.unknownType, "\(type) is of a package that is not used here", file: file, line: line)
    }
    return package + type[dot...]
  }

  /// Whether values of a type of this group may have any shape.
  func isOfAnyShape(_ type: String) -> Bool { data.types.first { $0.name == type }?.form == .any }

  func schema(of type: TypeEntry) throws(KindDataError) -> Schema {
    let description = type.description.isEmpty ? nil : type.description
    var properties = type.form == .object || type.form == .typed ? Schema.typeMembers : []
    switch type.form {
    case .any: return Schema(.any, description: description)
    case .object:
      properties.append(
        SchemaProperty(
          "metadata",
          Schema(
            reference: SchemaReference(CommonDefinitions.objectMeta), description: Schema.metadataText,
            hasZeroValue: true, rules: Self.judged)))
    case .structure, .typed: break
    }
    for field in type.fields {
      properties.append(
        SchemaProperty(field.name, try schema(of: field), required: field.presence != .omitted))
    }
    return Schema(
      .object, properties: properties, description: description, mapType: type.mapType,
      unions: type.union.map { [$0] } ?? [],
      notes: type.judgingOrder.isEmpty ? nil : SchemaNotes(judgingOrder: type.judgingOrder))
  }

  private func schema(of field: FieldEntry) throws(KindDataError) -> Schema {
    let description = field.description.isEmpty ? nil : field.description
    let (typeName, itemName) = Self.goNames(field.goType.map { $0[...] }, of: field.type)
    let notes = self.notes.notes(typeName: typeName, embeddedIn: field.embeddedIn)
    if let name = try reference(field.type, line: field.line) {
      return Schema(
        reference: SchemaReference(name), description: description, default: field.defaultValue,
        hasZeroValue: field.hasZeroValue, mapType: field.mapType, patchStrategy: field.patchStrategy,
        patchMergeKey: field.patchMergeKey, rules: field.rules, notes: notes)
    }
    var items: Schema?
    var members: AdditionalProperties?
    switch field.type {
    case .list(let item): items = try schema(of: item, goType: itemName, line: field.line)
    case .map(let value): members = .schema(try schema(of: value, goType: itemName, line: field.line))
    default: break
    }
    let (type, format) = scalar(field.type)
    // Of a list the allowed values are those of its items.
    if let rules = field.rules, rules.enumeration != nil, case .list(let item) = field.type {
      var ofList = rules
      ofList.enumeration = nil
      var ofItems = ValueRules(enumeration: rules.enumeration)
      (ofItems.isJudgedByKind, ofList.isJudgedByKind) = (rules.isJudgedByKind, false)
      items = Schema(scalar(item).0, rules: ofItems, notes: items?.notes)
      return Schema(
        type, items: items, description: description, listType: field.listType, listMapKeys: field.listMapKeys,
        patchStrategy: field.patchStrategy, patchMergeKey: field.patchMergeKey, rules: ofList, notes: notes)
    }
    return Schema(
      type, additionalProperties: members, items: items, description: description, default: field.defaultValue,
      hasZeroValue: field.hasZeroValue, format: format, listType: field.listType, listMapKeys: field.listMapKeys,
      mapType: field.mapType, patchStrategy: field.patchStrategy, patchMergeKey: field.patchMergeKey,
      rules: field.rules, notes: notes)
  }

  private func schema(of type: FieldType, goType: Substring?, line: Int) throws(KindDataError) -> Schema {
    let (typeName, itemName) = Self.goNames(goType, of: type)
    let notes = self.notes.notes(typeName: typeName)
    if let name = try reference(type, line: line) { return Schema(reference: SchemaReference(name), notes: notes) }
    switch type {
    case .list(let item):
      return Schema(.array, items: try schema(of: item, goType: itemName, line: line), notes: notes)
    case .map(let value):
      let value = try schema(of: value, goType: itemName, line: line)
      return Schema(.object, additionalProperties: .schema(value), notes: notes)
    default:
      let (type, format) = scalar(type)
      return Schema(type, format: format, notes: notes)
    }
  }

  /// What must be noted of the name that Go has for a type, here and at what a list or a map holds: that of a list of named
  /// values follows from the values' name, that of a map unless its keys have a name too.
  private static func goNames(_ name: Substring?, of type: FieldType) -> (Substring?, Substring?) {
    guard let name else { return (nil, nil) }
    switch type {
    case .list where name.hasPrefix("[]"): return (nil, name.dropFirst(2))
    case .map where name.hasPrefix("map["):
      let value = name.drop { $0 != "]" }.dropFirst()
      return (name.hasPrefix("map[string]") ? nil : name, value)
    default: return (name, nil)
    }
  }

  /// The definition that stands for a type; nil where the type is written out in its place.
  private func reference(_ type: FieldType, line: Int) throws(KindDataError) -> String? {
    switch type {
    case .named(let name): try definitionName(name, line: line)
    case .quantity: CommonDefinitions.quantity
    case .intOrString: CommonDefinitions.intOrString
    case .time: CommonDefinitions.time
    case .microTime: CommonDefinitions.microTime
    case .raw: CommonDefinitions.raw
    case .fieldSet: CommonDefinitions.fieldSet
    case .string, .int32, .int64, .double, .bool, .bytes, .any, .list, .map: nil
    }
  }

  private func scalar(_ type: FieldType) -> (SchemaType, String?) {
    switch type {
    case .string: (.string, nil)
    case .bytes: (.string, "byte")
    case .int32: (.integer, "int32")
    case .int64: (.integer, "int64")
    case .double: (.number, "double")
    case .bool: (.boolean, nil)
    case .list: (.array, nil)
    case .map: (.object, nil)
    default: (.any, nil)
    }
  }
}
