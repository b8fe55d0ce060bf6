/// A document of version 2 in the form of protobuf, `application/com.github.proto-openapi.spec.v2.v1.0+protobuf`.
///
/// Go clients ask for the document in this form alone. Its messages are those of gnostic's `openapiv2`; what stands for any value
/// there is text in YAML, of which JSON is a part.
struct OpenAPIProtobuf {
  /// Members that the form has no place for. Documents made here have none.
  private(set) var unplaced: Set<String> = []

  static func bytes(of document: JSONValue) -> [UInt8] {
    var writer = OpenAPIProtobuf()
    return writer.message(document, .document).bytes
  }

  mutating func message(_ value: JSONValue, _ name: MessageName) -> ProtobufMessage {
    var message = ProtobufMessage()
    guard case .object(let object) = value else { return message }
    let fields = Self.fields[name] ?? [:]
    for (member, value) in object {
      if let field = fields[member] {
        append(value, field.form, at: field.number, to: &message)
      } else if member.hasPrefix("x-"), let field = fields["x-"] {
        append(.object([member: value]), field.form, at: field.number, to: &message)
      } else {
        unplaced.insert(member)
      }
    }
    return message
  }

  private mutating func append(_ value: JSONValue, _ form: Form, at number: Int, to message: inout ProtobufMessage) {
    switch form {
    case .text: if let text = value.stringValue { message.append(number, text) }
    case .flag: if let flag = value.boolValue { message.append(number, flag) }
    case .whole: if case .integer(let whole) = value { message.append(number, whole) }
    case .number:
      switch value {
      case .integer(let whole): message.append(number, Double(whole))
      case .double(let double): message.append(number, double)
      default: break
      }
    case .any:
      var any = ProtobufMessage()
      any.append(2, value.jsonText() + "\n")
      message.append(number, any)
    case .message(let name): message.append(number, self.message(value, name))
    case .list(let item): for value in value.arrayValue ?? [value] { append(value, item, at: number, to: &message) }
    case .named(let item):
      guard case .object(let object) = value else { return }
      for (name, value) in object {
        var pair = ProtobufMessage()
        pair.append(1, name)
        append(value, item, at: 2, to: &pair)
        message.append(number, pair)
      }
    case .within(let inner, let form):
      var wrapped = ProtobufMessage()
      append(value, form, at: inner, to: &wrapped)
      message.append(number, wrapped)
    case .oneOf(let choose):
      let choice = choose(value)
      append(value, .within(choice.number, choice.form), at: number, to: &message)
    }
  }

  // MARK: Messages

  enum MessageName {
    case document, info, securityScheme, pathItem, operation, response, bodyParameter, queryParameter, pathParameter
    case reference, schema, externalDocumentation
  }

  /// How a member is written.
  indirect enum Form: Sendable {
    case text, flag, whole, number
    /// A value of any kind.
    case any
    case message(MessageName)
    /// A field that is repeated.
    case list(Form)
    /// The members of an object: a field that is repeated, of pairs of a name (1) and a value (2).
    case named(Form)
    /// A message that has but one field.
    case within(Int, Form)
    /// A message that has one of several fields; the value says which.
    case oneOf(@Sendable (JSONValue) -> Field)
  }

  struct Field: Sendable {
    let number: Int
    let form: Form

    init(_ number: Int, _ form: Form) {
      self.number = number
      self.form = form
    }
  }

  private static let extensions = Form.named(.any)

  private static let parameter = Form.oneOf { value in
    if value["$ref"] != nil { return Field(2, .message(.reference)) }
    switch value["in"]?.stringValue {
    case "body": return Field(1, .within(1, .message(.bodyParameter)))
    case "path": return Field(1, .within(2, .within(4, .message(.pathParameter))))
    default: return Field(1, .within(2, .within(3, .message(.queryParameter))))
    }
  }

  private static let properties = Form.within(1, .named(.message(.schema)))

  private static let fields: [MessageName: [String: Field]] = [
    .document: [
      "swagger": Field(1, .text), "info": Field(2, .message(.info)), "host": Field(3, .text),
      "basePath": Field(4, .text),
      "schemes": Field(5, .list(.text)), "consumes": Field(6, .list(.text)), "produces": Field(7, .list(.text)),
      "paths": Field(8, .within(2, .named(.message(.pathItem)))), "definitions": Field(9, properties),
      "security": Field(12, .list(.within(1, .named(.within(1, .list(.text)))))),
      "securityDefinitions": Field(13, .within(1, .named(.within(2, .message(.securityScheme))))),
      "x-": Field(16, extensions),
    ],
    .info: ["title": Field(1, .text), "version": Field(2, .text), "description": Field(3, .text)],
    .securityScheme: [
      "type": Field(1, .text), "name": Field(2, .text), "in": Field(3, .text), "description": Field(4, .text),
    ],
    .pathItem: [
      "get": Field(2, .message(.operation)), "put": Field(3, .message(.operation)),
      "post": Field(4, .message(.operation)), "delete": Field(5, .message(.operation)),
      "options": Field(6, .message(.operation)), "head": Field(7, .message(.operation)),
      "patch": Field(8, .message(.operation)), "parameters": Field(9, .list(parameter)),
      "x-": Field(10, extensions),
    ],
    .operation: [
      "tags": Field(1, .list(.text)), "summary": Field(2, .text), "description": Field(3, .text),
      "operationId": Field(5, .text), "produces": Field(6, .list(.text)), "consumes": Field(7, .list(.text)),
      "parameters": Field(8, .list(parameter)),
      "responses": Field(9, .within(1, .named(.within(1, .message(.response))))), "schemes": Field(10, .list(.text)),
      "deprecated": Field(11, .flag), "x-": Field(13, extensions),
    ],
    .response: ["description": Field(1, .text), "schema": Field(2, .within(1, .message(.schema)))],
    .bodyParameter: [
      "description": Field(1, .text), "name": Field(2, .text), "in": Field(3, .text), "required": Field(4, .flag),
      "schema": Field(5, .message(.schema)),
    ],
    .queryParameter: [
      "required": Field(1, .flag), "in": Field(2, .text), "description": Field(3, .text), "name": Field(4, .text),
      "type": Field(6, .text), "format": Field(7, .text), "uniqueItems": Field(20, .flag),
    ],
    .pathParameter: [
      "required": Field(1, .flag), "in": Field(2, .text), "description": Field(3, .text), "name": Field(4, .text),
      "type": Field(5, .text), "format": Field(6, .text), "uniqueItems": Field(19, .flag),
    ],
    .reference: ["$ref": Field(1, .text), "description": Field(2, .text)],
    .schema: [
      "$ref": Field(1, .text), "format": Field(2, .text), "title": Field(3, .text), "description": Field(4, .text),
      "default": Field(5, .any), "multipleOf": Field(6, .number), "maximum": Field(7, .number),
      "exclusiveMaximum": Field(8, .flag), "minimum": Field(9, .number), "exclusiveMinimum": Field(10, .flag),
      "maxLength": Field(11, .whole), "minLength": Field(12, .whole), "pattern": Field(13, .text),
      "maxItems": Field(14, .whole), "minItems": Field(15, .whole), "uniqueItems": Field(16, .flag),
      "maxProperties": Field(17, .whole), "minProperties": Field(18, .whole), "required": Field(19, .list(.text)),
      "enum": Field(20, .list(.any)),
      "additionalProperties": Field(
        21, .oneOf { $0.boolValue == nil ? Field(1, .message(.schema)) : Field(2, .flag) }),
      "type": Field(22, .within(1, .list(.text))), "items": Field(23, .within(1, .list(.message(.schema)))),
      "allOf": Field(24, .list(.message(.schema))), "properties": Field(25, properties),
      "discriminator": Field(26, .text), "readOnly": Field(27, .flag), "example": Field(30, .any),
      "externalDocs": Field(29, .message(.externalDocumentation)), "x-": Field(31, extensions),
    ],
    .externalDocumentation: ["description": Field(1, .text), "url": Field(2, .text)],
  ]
}
