// How lists, maps and absent values travel. An optional stands for a pointer or for a slice or map that may be nil.

extension Optional: JSONCodable where Wrapped: JSONCodable {
  public static var goType: String { Wrapped.goType }

  public init() {
    self = .none
  }

  public var isOmittable: Bool {
    switch self {
    case .none: true
    case .some(let value): value.isOmittableInOptional
    }
  }

  public func writeJSON(to writer: inout JSONWriter) {
    switch self {
    case .none: writer.raw("null".utf8)
    case .some(let value): value.writeJSON(to: &writer)
    }
  }

  public mutating func readJSON(_ value: JSONValue, _ reader: inout JSONReader) {
    if value == .null {
      self = .none
      return
    }
    var wrapped = self ?? Wrapped()
    wrapped.readJSON(value, &reader)
    self = wrapped
  }
}

extension Array: JSONCodable where Element: JSONCodable {
  public static var goType: String { "[]" + Element.goType }
  public var isOmittable: Bool { isEmpty }
  public var isOmittableInOptional: Bool { isEmpty }

  public func writeJSON(to writer: inout JSONWriter) {
    writer.array(self) { writer, element in element.writeJSON(to: &writer) }
  }

  public mutating func readJSON(_ value: JSONValue, _ reader: inout JSONReader) {
    switch value {
    case .null: self = []
    case .array(let elements):
      self = elements.map { element in
        var item = Element()
        item.readJSON(element, &reader)
        return item
      }
    default: reader.mismatch(value, Self.goType)
    }
  }
}

extension Dictionary: JSONCodable where Key == String, Value: JSONCodable {
  public static var goType: String { "map[string]" + Value.goType }
  public var isOmittable: Bool { isEmpty }
  public var isOmittableInOptional: Bool { isEmpty }

  public func writeJSON(to writer: inout JSONWriter) {
    writer.object { writer in
      for (key, value) in sorted(by: { $0.key < $1.key }) {
        writer.member(key) { value.writeJSON(to: &$0) }
      }
    }
  }

  public mutating func readJSON(_ value: JSONValue, _ reader: inout JSONReader) {
    switch value {
    case .null: self = [:]
    case .object(let members):
      var map: Self = [:]
      for member in members {
        var item = Value()
        item.readJSON(member.value, &reader)
        map[member.name] = item
      }
      self = map
    default: reader.mismatch(value, Self.goType)
    }
  }
}

/// A list of words that a client may also send as one string: Go's `strslice.StrSlice` (`Cmd`, `Entrypoint`, `CapAdd` …).
public struct WordList: JSONCodable, Hashable, ExpressibleByArrayLiteral {
  public static let goType = "string"

  /// The words.
  public var words: [String]

  public init() {
    words = []
  }

  /// Makes a list.
  public init(_ words: [String]) {
    self.words = words
  }

  public init(arrayLiteral elements: String...) {
    words = elements
  }

  public var isOmittable: Bool { words.isEmpty }
  public var isOmittableInOptional: Bool { words.isEmpty }

  public func writeJSON(to writer: inout JSONWriter) {
    words.writeJSON(to: &writer)
  }

  public mutating func readJSON(_ value: JSONValue, _ reader: inout JSONReader) {
    switch value {
    case .null: words = []
    case .array: words.readJSON(value, &reader)
    case .string(let word): words = [word]
    default: reader.mismatch(value, Self.goType)
    }
  }
}
