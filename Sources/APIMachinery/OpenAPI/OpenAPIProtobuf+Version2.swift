extension OpenAPIProtobuf {
  private static let parameter = Form.oneOf { value in
    if value["$ref"] != nil { return Field(2, .message(.reference)) }
    switch value["in"]?.stringValue {
    case "body": return Field(1, .within(1, .message(.bodyParameter)))
    case "path": return Field(1, .within(2, .within(4, .message(.pathParameter))))
    default: return Field(1, .within(2, .within(3, .message(.queryParameter))))
    }
  }

  /// A parameter that operations refer to by its name.
  private static let common = Form.oneOf { value in
    switch value["in"]?.stringValue {
    case "body": Field(1, .message(.bodyParameter))
    case "path": Field(2, .within(4, .message(.pathParameter)))
    default: Field(2, .within(3, .message(.queryParameter)))
    }
  }

  private static let properties = Form.within(1, .named(.message(.schema)))

  /// The messages of gnostic's `openapiv2`.
  static let version2: Messages = [
    .document: [
      "swagger": Field(1, .text), "info": Field(2, .message(.info)), "host": Field(3, .text),
      "basePath": Field(4, .text),
      "schemes": Field(5, .list(.text)), "consumes": Field(6, .list(.text)),
      "produces": Field(7, .list(.text)),
      "paths": Field(8, .within(2, .named(.message(.pathItem)))),
      "definitions": Field(9, properties),
      "parameters": Field(10, .within(1, .named(common))),
      "security": Field(12, .list(.within(1, .named(.within(1, .list(.text)))))),
      "securityDefinitions": Field(13, .within(1, .named(.within(2, .message(.securityScheme))))),
      "x-": Field(16, extensions),
    ],
    .info: ["title": Field(1, .text), "version": Field(2, .text), "description": Field(3, .text)],
    .securityScheme: [
      "type": Field(1, .text), "name": Field(2, .text), "in": Field(3, .text),
      "description": Field(4, .text),
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
      "operationId": Field(5, .text), "produces": Field(6, .list(.text)),
      "consumes": Field(7, .list(.text)),
      "parameters": Field(8, .list(parameter)),
      "responses": Field(9, .within(1, .named(.within(1, .message(.response))))),
      "schemes": Field(10, .list(.text)),
      "deprecated": Field(11, .flag), "x-": Field(13, extensions),
    ],
    .response: ["description": Field(1, .text), "schema": Field(2, .within(1, .message(.schema)))],
    .bodyParameter: [
      "description": Field(1, .text), "name": Field(2, .text), "in": Field(3, .text),
      "required": Field(4, .flag),
      "schema": Field(5, .message(.schema)),
    ],
    .queryParameter: [
      "required": Field(1, .flag), "in": Field(2, .text), "description": Field(3, .text),
      "name": Field(4, .text),
      "type": Field(6, .text), "format": Field(7, .text), "uniqueItems": Field(20, .flag),
    ],
    .pathParameter: [
      "required": Field(1, .flag), "in": Field(2, .text), "description": Field(3, .text),
      "name": Field(4, .text),
      "type": Field(5, .text), "format": Field(6, .text), "uniqueItems": Field(19, .flag),
    ],
    .reference: ["$ref": Field(1, .text), "description": Field(2, .text)],
    .schema: [
      "$ref": Field(1, .text), "format": Field(2, .text), "title": Field(3, .text),
      "description": Field(4, .text),
      "default": Field(5, .any), "multipleOf": Field(6, .number), "maximum": Field(7, .number),
      "exclusiveMaximum": Field(8, .flag), "minimum": Field(9, .number),
      "exclusiveMinimum": Field(10, .flag),
      "maxLength": Field(11, .whole), "minLength": Field(12, .whole), "pattern": Field(13, .text),
      "maxItems": Field(14, .whole), "minItems": Field(15, .whole), "uniqueItems": Field(16, .flag),
      "maxProperties": Field(17, .whole), "minProperties": Field(18, .whole),
      "required": Field(19, .list(.text)),
      "enum": Field(20, .list(.any)),
      "additionalProperties": Field(
        21, .oneOf { $0.boolValue == nil ? Field(1, .message(.schema)) : Field(2, .flag) }),
      "type": Field(22, .within(1, .list(.text))),
      "items": Field(23, .within(1, .list(.message(.schema)))),
      "allOf": Field(24, .list(.message(.schema))), "properties": Field(25, properties),
      "discriminator": Field(26, .text), "readOnly": Field(27, .flag), "example": Field(30, .any),
      "externalDocs": Field(29, .message(.externalDocumentation)), "x-": Field(31, extensions),
    ],
    .externalDocumentation: ["description": Field(1, .text), "url": Field(2, .text)],
  ]
}
