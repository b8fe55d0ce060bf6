extension OpenAPIProtobuf {
  private static let schemaOrReference = Form.oneOf { value in
    value["$ref"] != nil ? Field(2, .message(.reference)) : Field(1, .message(.schema))
  }

  /// A default is a number, a flag or a text there; no other one has a place.
  private static let scalar = Form.oneOf { value in
    switch value {
    case .integer, .double: Field(1, .number)
    case .bool: Field(2, .flag)
    case .string: Field(3, .text)
    default: nil
    }
  }

  private static let parameters = Form.list(
    .oneOf { value in
      value["$ref"] != nil ? Field(2, .message(.reference)) : Field(1, .message(.parameter))
    })

  private static let content = Form.within(1, .named(.message(.mediaType)))

  /// The messages of gnostic's `openapiv3`.
  static let version3: Messages = [
    .document: [
      "openapi": Field(1, .text), "info": Field(2, .message(.info)),
      "paths": Field(4, .within(1, .named(.message(.pathItem)))),
      "components": Field(5, .message(.components)),
      "security": Field(6, .list(.within(1, .named(.within(1, .list(.text)))))),
      "x-": Field(9, extensions),
    ],
    .info: ["title": Field(1, .text), "description": Field(2, .text), "version": Field(6, .text)],
    .components: [
      "schemas": Field(1, .within(1, .named(schemaOrReference))),
      "securitySchemes": Field(7, .within(1, .named(.within(1, .message(.securityScheme))))),
      "x-": Field(10, extensions),
    ],
    .securityScheme: [
      "type": Field(1, .text), "description": Field(2, .text), "name": Field(3, .text),
      "in": Field(4, .text),
    ],
    .pathItem: [
      "get": Field(4, .message(.operation)), "put": Field(5, .message(.operation)),
      "post": Field(6, .message(.operation)), "delete": Field(7, .message(.operation)),
      "options": Field(8, .message(.operation)), "head": Field(9, .message(.operation)),
      "patch": Field(10, .message(.operation)), "parameters": Field(13, parameters),
      "x-": Field(14, extensions),
    ],
    .operation: [
      "tags": Field(1, .list(.text)), "summary": Field(2, .text), "description": Field(3, .text),
      "operationId": Field(5, .text), "parameters": Field(6, parameters),
      "requestBody": Field(7, .within(1, .message(.requestBody))),
      "responses": Field(8, .within(2, .named(.within(1, .message(.response))))),
      "deprecated": Field(10, .flag),
      "x-": Field(13, extensions),
    ],
    .parameter: [
      "name": Field(1, .text), "in": Field(2, .text), "description": Field(3, .text),
      "required": Field(4, .flag),
      "deprecated": Field(5, .flag), "schema": Field(10, schemaOrReference),
      "x-": Field(14, extensions),
    ],
    .requestBody: [
      "description": Field(1, .text), "content": Field(2, content), "required": Field(3, .flag),
      "x-": Field(4, extensions),
    ],
    .mediaType: [
      "schema": Field(1, schemaOrReference), "example": Field(2, .any), "x-": Field(5, extensions),
    ],
    .response: [
      "description": Field(1, .text), "content": Field(3, content), "x-": Field(5, extensions),
    ],
    .reference: ["$ref": Field(1, .text), "description": Field(3, .text)],
    .schema: [
      "nullable": Field(1, .flag), "readOnly": Field(3, .flag), "writeOnly": Field(4, .flag),
      "externalDocs": Field(6, .message(.externalDocumentation)), "example": Field(7, .any),
      "deprecated": Field(8, .flag), "title": Field(9, .text), "multipleOf": Field(10, .number),
      "maximum": Field(11, .number), "exclusiveMaximum": Field(12, .flag),
      "minimum": Field(13, .number),
      "exclusiveMinimum": Field(14, .flag), "maxLength": Field(15, .whole),
      "minLength": Field(16, .whole),
      "pattern": Field(17, .text), "maxItems": Field(18, .whole), "minItems": Field(19, .whole),
      "uniqueItems": Field(20, .flag), "maxProperties": Field(21, .whole),
      "minProperties": Field(22, .whole),
      "required": Field(23, .list(.text)), "enum": Field(24, .list(.any)), "type": Field(25, .text),
      "allOf": Field(26, .list(schemaOrReference)), "oneOf": Field(27, .list(schemaOrReference)),
      "anyOf": Field(28, .list(schemaOrReference)), "not": Field(29, .message(.schema)),
      "items": Field(30, .within(1, .list(schemaOrReference))),
      "properties": Field(31, .within(1, .named(schemaOrReference))),
      "additionalProperties": Field(
        32, .oneOf { $0.boolValue == nil ? Field(1, schemaOrReference) : Field(2, .flag) }),
      "default": Field(33, scalar), "description": Field(34, .text), "format": Field(35, .text),
      "x-": Field(36, extensions),
    ],
    .externalDocumentation: ["description": Field(1, .text), "url": Field(2, .text)],
  ]
}
