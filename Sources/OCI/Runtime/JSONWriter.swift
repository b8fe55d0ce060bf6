/// Writes JSON text (RFC 8259) straight into bytes, members in the order in which they are given. A runtime
/// configuration is written on every container start, and its order is part of golden files.
public struct JSONWriter: Sendable {
  public private(set) var bytes: [UInt8] = []
  private let pretty: Bool
  private var depth = 0
  private var needsComma = false

  /// - Parameter pretty: one member a line, for people and golden files.
  public init(pretty: Bool = false, capacity: Int = 8192) {
    self.pretty = pretty
    bytes.reserveCapacity(capacity)
  }

  /// Writes `{…}`; `body` writes the members.
  public mutating func object(_ body: (inout JSONWriter) -> Void) { enclose("{", "}", body) }

  /// Writes `[…]`; `body` writes the elements.
  public mutating func array(_ body: (inout JSONWriter) -> Void) { enclose("[", "]", body) }

  /// Writes a member's name; its value comes next.
  public mutating func key(_ name: StaticString) {
    separate()
    bytes.append(UInt8(ascii: "\""))
    name.withUTF8Buffer { bytes.append(contentsOf: $0) }
    bytes.append(contentsOf: pretty ? [0x22, 0x3A, 0x20] : [0x22, 0x3A])
    needsComma = false
  }

  /// Writes a member's name that is not known beforehand.
  public mutating func key(_ name: String) {
    string(name)
    bytes.append(contentsOf: pretty ? [0x3A, 0x20] : [0x3A])
    needsComma = false
  }

  public mutating func string(_ value: String) {
    separate()
    bytes.append(UInt8(ascii: "\""))
    for byte in value.utf8 {
      switch byte {
      case 0x22, 0x5C: bytes.append(contentsOf: [0x5C, byte])
      case 0x0A: bytes.append(contentsOf: [0x5C, UInt8(ascii: "n")])
      case 0x09: bytes.append(contentsOf: [0x5C, UInt8(ascii: "t")])
      case 0x0D: bytes.append(contentsOf: [0x5C, UInt8(ascii: "r")])
      case 0..<0x20:
        bytes.append(contentsOf: Array("\\u00".utf8))
        bytes.append(Self.digit(byte >> 4))
        bytes.append(Self.digit(byte & 15))
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
    needsComma = true
  }

  public mutating func integer(_ value: some BinaryInteger) {
    separate()
    bytes.append(contentsOf: String(value).utf8)
    needsComma = true
  }

  public mutating func bool(_ value: Bool) {
    separate()
    bytes.append(contentsOf: (value ? "true" : "false").utf8)
    needsComma = true
  }

  /// Writes JSON text that is there already.
  public mutating func raw(_ text: some Collection<UInt8>) {
    separate()
    bytes.append(contentsOf: text)
    needsComma = true
  }

  // Members that are left out where there is nothing to say.

  public mutating func member(_ name: StaticString, _ value: String?) {
    guard let value else { return }
    key(name)
    string(value)
  }

  public mutating func member(_ name: StaticString, _ value: (some BinaryInteger)?) {
    guard let value else { return }
    key(name)
    integer(value)
  }

  public mutating func member(_ name: StaticString, _ value: Bool?) {
    guard let value else { return }
    key(name)
    bool(value)
  }

  public mutating func member(_ name: StaticString, _ values: [String]?) {
    guard let values, !values.isEmpty else { return }
    key(name)
    array { writer in for value in values { writer.string(value) } }
  }

  /// A map, its keys sorted.
  public mutating func member(_ name: StaticString, _ values: [String: String]) {
    if values.isEmpty { return }
    key(name)
    object { writer in
      for (key, value) in values.sorted(by: { $0.key < $1.key }) {
        writer.key(key)
        writer.string(value)
      }
    }
  }

  public mutating func member(_ name: StaticString, _ value: (some JSONWritable)?) {
    guard let value else { return }
    key(name)
    value.write(to: &self)
  }

  public mutating func member(_ name: StaticString, _ values: [some JSONWritable]) {
    if values.isEmpty { return }
    key(name)
    array { writer in for value in values { value.write(to: &writer) } }
  }

  private mutating func enclose(_ open: Unicode.Scalar, _ close: Unicode.Scalar, _ body: (inout JSONWriter) -> Void) {
    separate()
    bytes.append(UInt8(ascii: open))
    needsComma = false
    depth += 1
    let start = bytes.count
    body(&self)
    depth -= 1
    if pretty, bytes.count > start { newline() }
    bytes.append(UInt8(ascii: close))
    needsComma = true
  }

  private mutating func separate() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    guard pretty, depth > 0, let last = bytes.last else { return }
    let opened = last == UInt8(ascii: "{") || last == UInt8(ascii: "[")
    if needsComma || opened { newline() }
  }

  private mutating func newline() {
    bytes.append(0x0A)
    bytes.append(contentsOf: repeatElement(0x20, count: depth * 2))
  }

  private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x57 + value }
}

/// Something that has a JSON form.
public protocol JSONWritable {
  func write(to writer: inout JSONWriter)
}

extension JSONWritable {
  /// The JSON text.
  public func json(pretty: Bool = false) -> [UInt8] {
    var writer = JSONWriter(pretty: pretty)
    write(to: &writer)
    return writer.bytes
  }
}
