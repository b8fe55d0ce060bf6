/// Header fields in the order of the message. Names compare without regard to case (RFC 9110, section 5.1).
public struct Headers: Sendable, Equatable, Sequence, ExpressibleByDictionaryLiteral {
  public struct Field: Sendable, Equatable {
    public let name: String
    public let value: String
  }

  var fields: [Field] = []

  public init() {}

  public init(dictionaryLiteral elements: (String, String)...) {
    for (name, value) in elements { add(name, value) }
  }

  public func makeIterator() -> IndexingIterator<[Field]> { fields.makeIterator() }

  public var count: Int { fields.count }

  /// Appends a field and keeps those of the same name.
  public mutating func add(_ name: String, _ value: String) { fields.append(Field(name: name, value: value)) }

  /// The first field of that name. Setting replaces all of that name; nil removes them.
  public subscript(name: String) -> String? {
    get { fields.first { $0.name.equalsIgnoringCase(name) }?.value }
    set {
      remove(name)
      if let newValue { add(name, newValue) }
    }
  }

  /// Every value of that name, in order, not split at commas.
  public func all(_ name: String) -> [String] {
    fields.compactMap { $0.name.equalsIgnoringCase(name) ? $0.value : nil }
  }

  /// Whether there is a field of that name.
  public func contains(_ name: String) -> Bool { fields.contains { $0.name.equalsIgnoringCase(name) } }

  /// Removes the fields whose names are such.
  public mutating func remove(where isUnwanted: (_ name: String) -> Bool) { fields.removeAll { isUnwanted($0.name) } }

  /// Removes all fields of that name.
  public mutating func remove(_ name: String) { fields.removeAll { $0.name.equalsIgnoringCase(name) } }

  /// The members of a comma-separated list field, lower case, parameters kept (`Connection`, `Transfer-Encoding`).
  public func tokens(_ name: String) -> [String] {
    var result: [String] = []
    for field in fields where field.name.equalsIgnoringCase(name) {
      for part in field.value.utf8.split(separator: UInt8(ascii: ",")) {
        let token = part.trimmingBlanks()
        if !token.isEmpty { result.append(String(decoding: token, as: UTF8.self).lowercased()) }
      }
    }
    return result
  }
}

extension String {
  /// ASCII comparison; locale and Unicode have no part in HTTP's names.
  func equalsIgnoringCase(_ other: String) -> Bool {
    // Most names have another length.
    guard utf8.count == other.utf8.count else { return false }
    let (a, b) = (utf8Span.span, other.utf8Span.span)
    for index in a.indices where a[index] != b[index] {
      guard a[index].lowercasedASCII == b[index].lowercasedASCII else { return false }
    }
    return true
  }
}

extension UInt8 {
  var lowercasedASCII: UInt8 { self >= 0x41 && self <= 0x5A ? self | 0x20 : self }

  /// The value of a hexadecimal digit.
  var hexValue: UInt8? {
    switch self {
    case 0x30...0x39: self - 0x30
    case 0x41...0x46: self - 0x41 + 10
    case 0x61...0x66: self - 0x61 + 10
    default: nil
    }
  }

  /// tchar of RFC 9110, section 5.6.2: what a method and a field name are made of.
  var isTokenCharacter: Bool {
    // A bit for each: every name of every message is looked through.
    let bits: UInt64 = self < 64 ? 0x03FF_6CFA_0000_0000 : self < 128 ? 0x57FF_FFFF_C7FF_FFFE : 0
    return bits >> UInt64(self & 63) & 1 == 1
  }
}

extension BidirectionalCollection where Element == UInt8 {
  /// Without the spaces and tabs at both ends (OWS of RFC 9110).
  func trimmingBlanks() -> SubSequence {
    guard let first = firstIndex(where: { $0 != 0x20 && $0 != 0x09 }),
      let last = lastIndex(where: { $0 != 0x20 && $0 != 0x09 })
    else { return self[endIndex..<endIndex] }
    return self[first...last]
  }
}
