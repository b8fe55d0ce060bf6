// How single values travel.

extension Bool: JSONCodable {
  public static var goType: String { "bool" }
  public var isOmittable: Bool { !self }

  public func writeJSON(to writer: inout JSONWriter) {
    writer.raw((self ? "true" : "false").utf8)
  }

  public mutating func readJSON(_ value: JSONValue, _ reader: inout JSONReader) {
    switch value {
    case .null: return
    case .bool(let flag): self = flag
    default: reader.mismatch(value, Self.goType)
    }
  }
}

extension String: JSONCodable {
  public static var goType: String { "string" }
  public var isOmittable: Bool { isEmpty }

  public func writeJSON(to writer: inout JSONWriter) {
    writer.string(self)
  }

  public mutating func readJSON(_ value: JSONValue, _ reader: inout JSONReader) {
    switch value {
    case .null: return
    case .string(let text): self = text
    default: reader.mismatch(value, Self.goType)
    }
  }
}

/// An integer of Go.
public protocol JSONInteger: JSONCodable, FixedWidthInteger {}

extension JSONInteger {
  public var isOmittable: Bool { self == 0 }

  public func writeJSON(to writer: inout JSONWriter) {
    writer.raw(String(self).utf8)
  }

  public mutating func readJSON(_ value: JSONValue, _ reader: inout JSONReader) {
    switch value {
    case .null: return
    case .number(let text):
      if let number = Self(text) {
        self = number
      } else {
        reader.mismatch(value, Self.goType, quoting: text)
      }
    default: reader.mismatch(value, Self.goType)
    }
  }
}

extension Int: JSONInteger {
  public static var goType: String { "int" }
}

extension Int64: JSONInteger {
  public static var goType: String { "int64" }
}

extension UInt: JSONInteger {
  public static var goType: String { "uint" }
}

extension UInt16: JSONInteger {
  public static var goType: String { "uint16" }
}

extension UInt32: JSONInteger {
  public static var goType: String { "uint32" }
}

extension UInt64: JSONInteger {
  public static var goType: String { "uint64" }
}

extension Double: JSONCodable {
  public static var goType: String { "float64" }
  public var isOmittable: Bool { self == 0 }

  public func writeJSON(to writer: inout JSONWriter) {
    let whole = Int64(exactly: self)
    writer.raw((whole.map { String($0) } ?? (isFinite ? description : "0")).utf8)
  }

  public mutating func readJSON(_ value: JSONValue, _ reader: inout JSONReader) {
    switch value {
    case .null: return
    case .number(let text):
      if let number = Double(text) {
        self = number
      } else {
        reader.mismatch(value, Self.goType, quoting: text)
      }
    default: reader.mismatch(value, Self.goType)
    }
  }
}

/// `{}`: what Go's `map[string]struct{}` has for values.
public struct EmptyObject: JSONObject, Hashable {
  public static let goType = "struct {}"

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {}
}

extension JSONValue: JSONCodable {
  public static var goType: String { "interface {}" }

  public init() {
    self = .null
  }

  public var isOmittable: Bool { self == .null }

  public func writeJSON(to writer: inout JSONWriter) {
    switch self {
    case .null: writer.raw("null".utf8)
    case .bool(let flag): flag.writeJSON(to: &writer)
    case .number(let text): writer.raw(text.utf8)
    case .string(let text): writer.string(text)
    case .array(let elements): writer.array(elements) { $1.writeJSON(to: &$0) }
    case .object(let members):
      writer.object { writer in
        for member in members {
          writer.member(member.name) { member.value.writeJSON(to: &$0) }
        }
      }
    }
  }

  public mutating func readJSON(_ value: JSONValue, _ reader: inout JSONReader) {
    self = value
  }
}
