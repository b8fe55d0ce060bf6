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
    let (a, b) = (utf8, other.utf8)
    guard a.count == b.count else { return false }
    return zip(a, b).allSatisfy { $0 == $1 || ($0.lowercasedASCII == $1.lowercasedASCII) }
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
    switch self {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E...0x60, 0x7C, 0x7E: true
    default: false
    }
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
