extension MessageWriter {
  /// Appends a number where there is one.
  mutating func optional(_ type: AttributeType, _ value: (some FixedWidthInteger)?) {
    if let value { attribute(type, value) }
  }

  /// Appends a switch, one byte, where there is one.
  mutating func optional(_ type: AttributeType, _ value: Bool?) {
    if let value { attribute(type, UInt8(value ? 1 : 0)) }
  }

  /// Appends text where there is some.
  mutating func optional(_ type: AttributeType, _ value: String?) {
    if let value { attribute(type, string: value) }
  }
}

extension Attribute {
  /// A switch of one byte.
  var bool: Bool? { u8.map { $0 != 0 } }
}
