/// A value that travels as JSON under the rules of Go's `encoding/json`, which are the Docker API's rules.
///
/// Synthesized `Codable` cannot express them: an absent member leaves the zero value, a nil slice prints `null` unless
/// it is marked `omitempty`, names match without regard to case, and an error names the Go type of the field.
public protocol JSONCodable: Sendable {
  /// The zero value, as Go has it for a field that is absent.
  init()

  /// The type as Go's error messages name it: `int64`, `[]string`, `container.HostConfig`.
  static var goType: String { get }

  /// True if `omitempty` leaves this value out.
  var isOmittable: Bool { get }

  /// True if `omitempty` leaves this value out when it stands behind an optional: an empty list is, a zero number is not.
  var isOmittableInOptional: Bool { get }

  /// Appends the value to the text.
  func writeJSON(to writer: inout JSONWriter)

  /// Takes the value from a parsed text; `null` changes nothing; a mismatch is reported to the reader, which goes on.
  mutating func readJSON(_ value: JSONValue, _ reader: inout JSONReader)
}

extension JSONCodable {
  public var isOmittable: Bool { false }
  public var isOmittableInOptional: Bool { false }
}

/// A JSON object with known fields: one description of them serves both directions.
public protocol JSONObject: JSONCodable {
  /// Shows each field to the visitor, in the order in which Docker prints them.
  mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor)
}

/// Whether a field is printed when it holds nothing.
public enum JSONPresence: Sendable {
  /// Always printed.
  case always
  /// Left out when empty: Go's `omitempty`.
  case omitEmpty
}

/// What walks over the fields of a ``JSONObject``: the writer reads them, the reader fills them.
public protocol JSONFieldVisitor {
  /// Visits one field.
  mutating func callAsFunction<Value: JSONCodable>(_ name: String, _ value: inout Value, _ presence: JSONPresence)

  /// Visits the fields of a struct that Go embeds: they print as the outer object's own, errors name the embedded struct.
  mutating func embedded<Value: JSONObject>(_ name: String, _ value: inout Value)
}

extension JSONFieldVisitor {
  /// Visits one field that is always printed.
  public mutating func callAsFunction<Value: JSONCodable>(_ name: String, _ value: inout Value) {
    self(name, &value, .always)
  }
}

extension JSONObject {
  public func writeJSON(to writer: inout JSONWriter) {
    var copy = self
    writer.object { writer in copy.visitFields(&writer) }
  }

  public mutating func readJSON(_ value: JSONValue, _ reader: inout JSONReader) {
    switch value {
    case .null: return
    case .object(let members):
      reader.enter(members, structName: Self.structName)
      visitFields(&reader)
      reader.leave()
    default: reader.mismatch(value, Self.goType)
    }
  }

  /// The struct's name without its package.
  static var structName: String {
    guard let dot = goType.lastIndex(of: ".") else { return goType }
    return String(goType[goType.index(after: dot)...])
  }
}
