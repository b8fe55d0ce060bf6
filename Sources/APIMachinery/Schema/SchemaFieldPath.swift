/// A path to a field in a schema's words: `.spec.list['odd.name']`; what `fieldPath` of a rule and `jsonPath` of a selectable field are.
public struct SchemaFieldPath: Sendable, Hashable {
  /// The names on the way, from the outside in.
  public let names: [String]

  /// - Throws: ``SchemaError`` where the text is no such path. List indices are none.
  public init(_ text: String) throws(SchemaError) {
    var names: [String] = []
    var rest = text[...]
    while let first = rest.first {
      rest.removeFirst()
      switch first {
      case ".":
        let name = rest.prefix { $0 != "." && $0 != "[" && $0 != "]" }
        guard !name.isEmpty else { throw SchemaError(.malformed, "unexpected end of JSON path") }
        names.append(String(name))
        rest = rest.dropFirst(name.count)
      case "[":
        names.append(try Self.quoted(&rest))
        guard rest.first == "]" else {
          throw SchemaError(.malformed, rest.isEmpty ? "unexpected end of JSON path" : "expected ] but got \(rest)")
        }
        rest.removeFirst()
      default: throw SchemaError(.malformed, "expected [ or . but got: \(first)\(rest)")
      }
    }
    self.names = names
  }

  private static func quoted(_ rest: inout Substring) throws(SchemaError) -> String {
    guard rest.first == "'" else {
      throw SchemaError(
        .malformed,
        rest.isEmpty
          ? "unexpected end of JSON path" : "expected single quoted string but got \(rest.prefix { $0 != "]" })")
    }
    rest.removeFirst()
    var name = ""
    while let character = rest.popFirst() {
      switch character {
      case "'": return name
      case "\\":
        guard let escaped = rest.popFirst() else { break }
        let known: [Character: Character] = [
          "a": "\u{7}", "b": "\u{8}", "f": "\u{C}", "n": "\n", "r": "\r", "t": "\t", "v": "\u{B}", "'": "'", "\\": "\\",
        ]
        guard let value = known[escaped] else {
          throw SchemaError(.malformed, "invalid string literal: invalid escape char \\\(escaped)")
        }
        name.append(value)
      default: name.append(character)
      }
    }
    throw SchemaError(.malformed, "unexpected end of JSON path")
  }

  /// The node at the end, and the path as errors name it.
  ///
  /// - Throws: ``SchemaError`` where the schema has no such field.
  public func resolve(in schema: Schema) throws(SchemaError) -> (schema: Schema, path: FieldPath) {
    var node = schema.resolved
    var path = FieldPath()
    for name in names {
      if !node.properties.isEmpty {
        guard let property = node.properties[name] else {
          throw SchemaError(.unknownDefinition, "does not refer to a valid field")
        }
        node = property.resolved
        path = path.child(name)
      } else if case .schema(let members) = node.additionalProperties {
        node = members.resolved
        path = path.key(name)
      } else {
        throw SchemaError(.unknownDefinition, "does not refer to a valid field")
      }
    }
    return (node, path)
  }
}
