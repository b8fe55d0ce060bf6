/// What Kubernetes allows in a CustomResourceDefinition's schema beyond its being structural.
struct CustomSchemaRules {
  /// Why there may be no default here; nil where there may be one.
  private var forbiddenDefaults: String?
  private var isInMetadata = false

  static func errors(in root: RawSchema, at path: FieldPath) -> [FieldError] {
    CustomSchemaRules().errors(in: root, isRoot: true, at: path)
  }

  private func errors(in schema: RawSchema, isRoot: Bool, at path: FieldPath) -> [FieldError] {
    var errors = wordErrors(schema, at: path)
    if schema.flag("uniqueItems") {
      errors.append(
        .forbidden(
          path.child("uniqueItems"), "uniqueItems cannot be set to true since the runtime complexity becomes quadratic")
      )
    }
    if let value = schema.object["additionalProperties"], value != .null {
      if !schema.properties.isEmpty, value != true {
        errors.append(
          .forbidden(
            path.child("additionalProperties"), "additionalProperties and properties are mutual exclusive"))
      }
      if let members = schema.additionalProperties {
        var inner = self
        if isInMetadata { inner.forbiddenDefaults = "inside additionalProperties applying to object metadata" }
        errors += inner.errors(in: members, isRoot: false, at: path.child("additionalProperties"))
      }
    }
    for (name, property) in schema.properties {
      var inner = self
      if isRoot || schema.isEmbeddedResource, ["metadata", "kind", "apiVersion"].contains(name) {
        inner.isInMetadata = true
        if isRoot { inner.forbiddenDefaults = "in top-level \(name)" }
      }
      errors += inner.errors(in: property, isRoot: false, at: path.child("properties").key(name))
    }
    // Properties and additional properties have been looked at with what holds for them.
    for child in schema.children where child.word != "properties" && child.word != "additionalProperties" {
      errors += self.errors(in: child.schema, isRoot: false, at: child.path(path))
    }
    return errors + typeErrors(schema, at: path) + listErrors(schema, at: path) + ruleErrors(schema, at: path)
  }

  private func wordErrors(_ schema: RawSchema, at path: FieldPath) -> [FieldError] {
    var errors: [FieldError] = []
    let types = ["array", "boolean", "integer", "number", "object", "string"]
    if !schema.type.isEmpty, !types.contains(schema.type) {
      errors.append(.notSupported(path.child("type"), .string(schema.type), types))
    }
    if let forbiddenDefaults, let value = schema.object["default"], value != .null {
      errors.append(.forbidden(path.child("default"), "must not be set \(forbiddenDefaults)"))
    }
    for word in ["id", "additionalItems", "patternProperties", "definitions", "dependencies", "$ref"]
    where schema.isSet(word) || (word == "dependencies" && schema.object[word]?.objectValue != nil) {
      errors.append(.forbidden(path.child(word), "\(word) is not supported"))
    }
    if schema.type == "null" {
      errors.append(
        .forbidden(path.child("type"), "type cannot be set to null, use nullable as an alternative"))
    }
    if case .array(let items)? = schema.object["items"], !items.isEmpty {
      errors.append(.forbidden(path.child("items"), "items must be a schema object and not an array"))
    }
    if isInMetadata, schema.isEmbeddedResource {
      errors.append(
        .forbidden(path.child("x-kubernetes-embedded-resource"), "must not be used inside of resource meta"))
    }
    return errors
  }

  private func typeErrors(_ schema: RawSchema, at path: FieldPath) -> [FieldError] {
    var errors: [FieldError] = []
    if schema.object["x-kubernetes-preserve-unknown-fields"] == false {
      errors.append(
        .invalid(path.child("x-kubernetes-preserve-unknown-fields"), false, "must be true or undefined"))
    }
    func mustBe(_ type: String, _ word: String) -> FieldError? {
      if schema.type == type { return nil }
      let detail = "must be \(type) if \(word) is specified"
      let place = path.child("type")
      return schema.type.isEmpty ? .required(place, detail) : .invalid(place, .string(schema.type), detail)
    }
    if let mapType = schema.mapType {
      if let error = mustBe("object", "x-kubernetes-map-type") { errors.append(error) }
      if MapType(rawValue: mapType) == nil {
        errors.append(
          .notSupported(path.child("x-kubernetes-map-type"), .string(mapType), ["atomic", "granular"]))
      }
    }
    guard let listType = schema.listType else { return errors }
    if let error = mustBe("array", "x-kubernetes-list-type") {
      errors.append(error)
    } else if listType == "set", let items = schema.items {
      errors += setErrors(items, at: path)
    }
    if ListType(rawValue: listType) == nil {
      errors.append(
        .notSupported(path.child("x-kubernetes-list-type"), .string(listType), ["atomic", "set", "map"]))
    }
    return errors
  }

  /// Items of a set are compared as a whole, so they have one owner.
  private func setErrors(_ items: RawSchema, at path: FieldPath) -> [FieldError] {
    let detail = "must be atomic as item of a list with x-kubernetes-list-type=set"
    let listType = items.listType.map { JSONValue.string($0) } ?? .null
    switch items.type {
    case "array" where items.listType != nil && items.listType != "atomic":
      return [.invalid(path.child("items", "x-kubernetes-list-type"), listType, detail)]
    case "object" where items.mapType != "atomic":
      return [.invalid(path.child("items", "x-kubernetes-map-type"), listType, detail)]
    default: return []
    }
  }

  private func listErrors(_ schema: RawSchema, at path: FieldPath) -> [FieldError] {
    var errors: [FieldError] = []
    let place = path.child("x-kubernetes-list-type")
    if !schema.listMapKeys.isEmpty, schema.listType != "map" {
      let detail = "must be map if x-kubernetes-list-map-keys is non-empty"
      errors.append(schema.listType.map { .invalid(place, .string($0), detail) } ?? .required(place, detail))
    }
    if schema.listType == "map" { errors += mapListErrors(schema, at: path) }
    guard let listType = schema.listType, listType == "set" || listType == "map", let items = schema.items else {
      return errors
    }
    if items.flag("nullable") {
      errors.append(
        .forbidden(
          path.child("items", "nullable"), "cannot be nullable when x-kubernetes-list-type is \(listType)"))
    }
    guard listType == "map" else { return errors }
    for key in schema.listMapKeys {
      guard let property = items.property(key) else { continue }
      let place = path.child("items", "properties").key(key)
      if !items.required.contains(key), property.object["default"] == nil {
        errors.append(
          .required(
            place.child("default"),
            "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property"))
      }
      if property.flag("nullable") {
        errors.append(
          .forbidden(
            place.child("nullable"), "this property is in x-kubernetes-list-map-keys, so it cannot be nullable"))
      }
    }
    return errors
  }

  private func mapListErrors(_ schema: RawSchema, at path: FieldPath) -> [FieldError] {
    var errors: [FieldError] = []
    let keys = path.child("x-kubernetes-list-map-keys")
    if schema.listMapKeys.isEmpty {
      errors.append(.required(keys, "must not be empty if x-kubernetes-list-type is map"))
    }
    guard let value = schema.object["items"] else {
      errors.append(.required(path.child("items"), "must have a schema if x-kubernetes-list-type is map"))
      return errors
    }
    guard let items = schema.items else {
      errors.append(
        .invalid(path.child("items"), value, "must only have a single schema if x-kubernetes-list-type is map"))
      return errors
    }
    guard items.type == "object" else {
      errors.append(
        .invalid(
          path.child("items", "type"), .string(items.type),
          "must be object if parent array's x-kubernetes-list-type is map"))
      return errors
    }
    let names = JSONValue.array(schema.listMapKeys.map { .string($0) })
    var seen = Set<String>()
    for key in schema.listMapKeys {
      if let property = items.property(key) {
        if property.type == "array" || property.type == "object" {
          errors.append(
            .invalid(
              path.child("items", "properties").key(key).child("type"), .string(items.type),
              "must be a scalar type if parent array's x-kubernetes-list-type is map"))
        }
      } else {
        errors.append(.invalid(keys, names, "entries must all be names of item properties"))
      }
      if !seen.insert(key).inserted { errors.append(.invalid(keys, names, "must not contain duplicate entries")) }
    }
    return errors
  }

  // MARK: Rules in CEL

  private func ruleErrors(_ schema: RawSchema, at path: FieldPath) -> [FieldError] {
    var errors: [FieldError] = []
    for (index, rule) in schema.rules.enumerated() {
      let place = path.child("x-kubernetes-validations").index(index)
      let message = rule.text("message")
      func isBlank(_ text: String) -> Bool { text.allSatisfy(\.isWhitespace) }
      func hasLineBreak(_ text: String) -> Bool { text.unicodeScalars.contains { $0 == "\n" || $0 == "\r" } }
      func trimmed(_ text: String) -> String {
        String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
      }
      if isBlank(rule.text("rule")) {
        errors.append(.required(place.child("rule"), "rule is not specified"))
      } else if !message.isEmpty, isBlank(message) {
        errors.append(.invalid(place.child("message"), .string(message), "must be non-empty if specified"))
      } else if hasLineBreak(trimmed(message)) {
        errors.append(.invalid(place.child("message"), .string(message), "must not contain line breaks"))
      } else if hasLineBreak(trimmed(rule.text("rule"))), isBlank(message) {
        errors.append(
          .required(place.child("message"), "message must be specified if rule contains line breaks"))
      }
      let expression = rule.text("messageExpression")
      if !expression.isEmpty, isBlank(expression) {
        errors.append(
          .required(place.child("messageExpression"), "messageExpression must be non-empty if specified"))
      }
      let reasons = ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"]
      if let reason = rule.object["reason"]?.stringValue, !reasons.contains(reason) {
        errors.append(.notSupported(place.child("reason"), .string(reason), reasons))
      }
      errors += fieldPathErrors(rule.text("fieldPath"), schema, at: place.child("fieldPath"), isBlank, hasLineBreak)
    }
    return errors
  }

  private func fieldPathErrors(
    _ text: String, _ schema: RawSchema, at place: FieldPath, _ isBlank: (String) -> Bool,
    _ hasLineBreak: (String) -> Bool
  ) -> [FieldError] {
    guard !text.isEmpty else { return [] }
    var errors: [FieldError] = []
    if isBlank(text) { errors.append(.invalid(place, .string(text), "must be non-empty if specified")) }
    if hasLineBreak(text) { errors.append(.invalid(place, .string(text), "must not contain line breaks")) }
    if let node = try? SchemaReader(.customResource).schema(.object(schema.object)),
      (try? SchemaFieldPath(text).resolve(in: node)) == nil
    {
      errors.append(.invalid(place, .string(text), "must be a valid path"))
    }
    return errors
  }
}
