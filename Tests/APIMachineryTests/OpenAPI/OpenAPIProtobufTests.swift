import Protobuf
import Testing

@testable import APIMachinery

@Suite("OpenAPI documents in protobuf")
struct OpenAPIProtobufTests {
  /// A field of a message as it stands in the bytes.
  private enum Value: Equatable {
    case varint(UInt64)
    case fixed64(UInt64)
    case bytes([UInt8])
  }

  /// Reads a message's fields, without knowing what they are.
  private static func fields(_ bytes: [UInt8]) throws -> [(number: Int, value: Value)] {
    struct Broken: Error {}
    var rest = bytes[...]
    func varint() throws -> UInt64 {
      var value: UInt64 = 0
      var shift: UInt64 = 0
      while let byte = rest.popFirst() {
        value |= UInt64(byte & 0x7F) << shift
        if byte < 0x80 { return value }
        shift += 7
      }
      throw Broken()
    }
    var result: [(number: Int, value: Value)] = []
    while !rest.isEmpty {
      let tag = try varint()
      let value: Value
      switch tag & 7 {
      case 0: value = .varint(try varint())
      case 1:
        guard rest.count >= 8 else { throw Broken() }
        value = .fixed64(rest.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) })
        rest = rest.dropFirst(8)
      case 2:
        let count = Int(try varint())
        guard rest.count >= count else { throw Broken() }
        value = .bytes(Array(rest.prefix(count)))
        rest = rest.dropFirst(count)
      default: throw Broken()
      }
      result.append((Int(tag >> 3), value))
    }
    return result
  }

  /// What stands at a path of fields' numbers, of each message all that match.
  private static func find(_ path: [Int], in bytes: [UInt8]) throws -> [Value] {
    var found: [Value] = [.bytes(bytes)]
    for number in path {
      found = try found.flatMap { value -> [Value] in
        guard case .bytes(let bytes) = value else { return [] }
        return try fields(bytes).filter { $0.number == number }.map(\.value)
      }
    }
    return found
  }

  private static func texts(_ path: Int..., in bytes: [UInt8]) throws -> [String] {
    try find(path, in: bytes).map { value in
      guard case .bytes(let bytes) = value else { return "not a text" }
      return String(decoding: bytes, as: UTF8.self)
    }
  }

  @Test("schemas")
  func schemas() throws {
    let document = try parse(
      #"""
      {"swagger": "2.0", "definitions": {"com.example.v1.Foo": {
        "description": "A foo.", "type": "object", "required": ["spec", "kind"],
        "properties": {
          "spec": {"type": "array", "items": {"$ref": "#/definitions/b"}, "maxItems": 300, "default": []},
          "labels": {"type": "object", "additionalProperties": {"type": "string"}},
          "open": {"type": "object", "additionalProperties": true},
          "limit": {"type": "number", "maximum": 1.5, "minimum": -2, "exclusiveMaximum": true, "enum": [1, null]}},
        "x-kubernetes-group-version-kind": [{"group": "a", "version": "v1", "kind": "Foo"}]}}}
      """#)
    let bytes = OpenAPIDocuments.protobuf(version2: document)
    #expect(try Self.texts(1, in: bytes) == ["2.0"])
    #expect(try Self.texts(9, 1, 1, in: bytes) == ["com.example.v1.Foo"])
    #expect(try Self.texts(9, 1, 2, 4, in: bytes) == ["A foo."])
    #expect(try Self.texts(9, 1, 2, 19, in: bytes) == ["spec", "kind"])
    #expect(try Self.texts(9, 1, 2, 22, 1, in: bytes) == ["object"])
    #expect(try Self.texts(9, 1, 2, 25, 1, 1, in: bytes) == ["spec", "labels", "open", "limit"])
    #expect(try Self.texts(9, 1, 2, 25, 1, 2, 23, 1, 1, in: bytes) == ["#/definitions/b"])
    #expect(try Self.find([9, 1, 2, 25, 1, 2, 14], in: bytes) == [.varint(300)])
    #expect(try Self.texts(9, 1, 2, 25, 1, 2, 5, 2, in: bytes) == ["[]\n"])
    #expect(try Self.texts(9, 1, 2, 25, 1, 2, 21, 1, 22, 1, in: bytes) == ["string"])
    #expect(try Self.find([9, 1, 2, 25, 1, 2, 21, 2], in: bytes) == [.varint(1)])
    #expect(try Self.find([9, 1, 2, 25, 1, 2, 7], in: bytes) == [.fixed64(1.5.bitPattern)])
    #expect(try Self.find([9, 1, 2, 25, 1, 2, 9], in: bytes) == [.fixed64((-2.0).bitPattern)])
    #expect(try Self.find([9, 1, 2, 25, 1, 2, 8], in: bytes) == [.varint(1)])
    #expect(try Self.texts(9, 1, 2, 25, 1, 2, 20, 2, in: bytes) == ["1\n", "null\n"])
    #expect(try Self.texts(9, 1, 2, 31, 1, in: bytes) == ["x-kubernetes-group-version-kind"])
    #expect(
      try Self.texts(9, 1, 2, 31, 2, 2, in: bytes) == ["- group: a\n  kind: Foo\n  version: v1\n"])
  }

  @Test("operations")
  func operations() throws {
    let document = try parse(
      #"""
      {"paths": {"/api/v1/pods/{name}": {
        "put": {"operationId": "replace", "consumes": ["*/*"], "x-kubernetes-action": "put",
          "parameters": [{"name": "dryRun", "in": "query", "type": "string", "uniqueItems": true},
            {"name": "body", "in": "body", "required": true, "schema": {"$ref": "#/definitions/Pod"}}],
          "responses": {"200": {"description": "OK", "schema": {"type": "string"}}, "401": {"description": "No"}}},
        "parameters": [{"name": "name", "in": "path", "required": true, "type": "string"}]}},
       "security": [{"BearerToken": ["a"]}],
       "securityDefinitions": {"BearerToken": {"type": "apiKey", "in": "header", "name": "authorization"}}}
      """#)
    var writer = OpenAPIProtobuf(OpenAPIProtobuf.version2)
    let bytes = writer.message(document, .document).bytes
    #expect(writer.unplaced.isEmpty)
    #expect(try Self.texts(8, 2, 1, in: bytes) == ["/api/v1/pods/{name}"])
    #expect(try Self.texts(8, 2, 2, 3, 5, in: bytes) == ["replace"])
    #expect(try Self.texts(8, 2, 2, 3, 7, in: bytes) == ["*/*"])
    #expect(try Self.texts(8, 2, 2, 3, 13, 1, in: bytes) == ["x-kubernetes-action"])
    #expect(try Self.texts(8, 2, 2, 3, 13, 2, 2, in: bytes) == ["put\n"])
    #expect(try Self.texts(8, 2, 2, 3, 8, 1, 2, 3, 4, in: bytes) == ["dryRun"])
    #expect(try Self.find([8, 2, 2, 3, 8, 1, 2, 3, 20], in: bytes) == [.varint(1)])
    #expect(try Self.texts(8, 2, 2, 3, 8, 1, 1, 2, in: bytes) == ["body"])
    #expect(try Self.texts(8, 2, 2, 3, 8, 1, 1, 5, 1, in: bytes) == ["#/definitions/Pod"])
    #expect(try Self.texts(8, 2, 2, 9, 1, 2, 4, 4, in: bytes) == ["name"])
    #expect(try Self.texts(8, 2, 2, 3, 9, 1, 1, in: bytes) == ["200", "401"])
    #expect(try Self.texts(8, 2, 2, 3, 9, 1, 2, 1, 1, in: bytes) == ["OK", "No"])
    #expect(try Self.texts(8, 2, 2, 3, 9, 1, 2, 1, 2, 1, 22, 1, in: bytes) == ["string"])
    #expect(try Self.texts(12, 1, 1, in: bytes) == ["BearerToken"])
    #expect(try Self.texts(12, 1, 2, 1, in: bytes) == ["a"])
    #expect(try Self.texts(13, 1, 2, 2, 2, in: bytes) == ["authorization"])
  }

  @Test("version 3")
  func version3() throws {
    let document = try parse(
      #"""
      {"openapi": "3.0.0", "info": {"title": "Kubernetes", "version": "v1"},
       "paths": {"/api/v1/pods/{name}": {
         "put": {"operationId": "replace", "x-kubernetes-action": "put",
           "parameters": [{"name": "dryRun", "in": "query", "schema": {"type": "string", "uniqueItems": true}}],
           "requestBody": {"required": true,
             "content": {"*/*": {"schema": {"$ref": "#/components/schemas/Pod"}}}},
           "responses": {"200": {"description": "OK", "content": {"text/plain": {"schema": {"type": "string"}}}}}},
         "parameters": [{"name": "name", "in": "path", "required": true, "schema": {"type": "string"}}]}},
       "components": {
         "schemas": {"Pod": {"type": "object", "properties": {
           "spec": {"allOf": [{"$ref": "#/components/schemas/Spec"}], "default": {}},
           "ports": {"type": "array", "items": {"type": "integer", "default": 80}, "nullable": true},
           "policy": {"type": "string", "default": "Always", "enum": ["Always"]},
           "on": {"type": "boolean", "default": false},
           "labels": {"type": "object", "additionalProperties": {"type": "string"}}}}},
         "securitySchemes": {"BearerToken": {"type": "apiKey", "in": "header", "name": "authorization"}}}}
      """#)
    var writer = OpenAPIProtobuf(OpenAPIProtobuf.version3)
    let bytes = writer.message(document, .document).bytes
    // The form has no place for a default that is an object.
    #expect(writer.unplaced == ["default"])
    #expect(try Self.texts(1, in: bytes) == ["3.0.0"])
    #expect(try Self.texts(2, 6, in: bytes) == ["v1"])
    #expect(try Self.texts(4, 1, 1, in: bytes) == ["/api/v1/pods/{name}"])
    #expect(try Self.texts(4, 1, 2, 5, 5, in: bytes) == ["replace"])
    #expect(try Self.texts(4, 1, 2, 5, 13, 2, 2, in: bytes) == ["put\n"])
    #expect(try Self.texts(4, 1, 2, 5, 6, 1, 1, in: bytes) == ["dryRun"])
    #expect(try Self.texts(4, 1, 2, 5, 6, 1, 10, 1, 25, in: bytes) == ["string"])
    #expect(try Self.texts(4, 1, 2, 13, 1, 2, in: bytes) == ["path"])
    #expect(try Self.texts(4, 1, 2, 5, 7, 1, 2, 1, 1, in: bytes) == ["*/*"])
    #expect(
      try Self.texts(4, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1, in: bytes) == ["#/components/schemas/Pod"])
    #expect(try Self.texts(4, 1, 2, 5, 8, 2, 1, in: bytes) == ["200"])
    #expect(try Self.texts(4, 1, 2, 5, 8, 2, 2, 1, 3, 1, 2, 1, 1, 25, in: bytes) == ["string"])
    let properties = [5, 1, 1, 2, 1, 31, 1]
    #expect(try Self.find(properties + [1], in: bytes).count == 5)
    #expect(
      try Self.find(properties + [2, 1, 26, 2, 1], in: bytes) == [
        .bytes(Array("#/components/schemas/Spec".utf8))
      ])
    #expect(
      try Self.find(properties + [2, 1, 30, 1, 1, 33, 1], in: bytes) == [.fixed64(80.0.bitPattern)])
    #expect(try Self.find(properties + [2, 1, 1], in: bytes) == [.varint(1)])
    #expect(try Self.find(properties + [2, 1, 33, 3], in: bytes) == [.bytes(Array("Always".utf8))])
    #expect(try Self.find(properties + [2, 1, 33, 2], in: bytes) == [.varint(0)])
    #expect(
      try Self.find(properties + [2, 1, 24, 2], in: bytes) == [.bytes(Array("Always\n".utf8))])
    #expect(
      try Self.find(properties + [2, 1, 32, 1, 1, 25], in: bytes) == [.bytes(Array("string".utf8))])
    #expect(try Self.texts(5, 7, 1, 2, 1, 3, in: bytes) == ["authorization"])
  }
}
