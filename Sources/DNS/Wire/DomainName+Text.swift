extension DomainName: LosslessStringConvertible {
  /// Reads labels with dots between them, with or without a dot at the end. `\.` and `\\` stand for the byte itself,
  /// `\DDD` for the byte of that decimal number (RFC 1035, section 5.1); other bytes are UTF-8. Nil for empty text,
  /// empty labels, and what is too long.
  public init?(_ text: String) {
    if text == "." {
      self = .root
      return
    }
    var wire: [UInt8] = [0]
    // Where the length of the label under way is.
    var start = 0
    var bytes = text.utf8.makeIterator()
    while let byte = bytes.next() {
      var byte = byte
      if byte == UInt8(ascii: ".") {
        guard wire.count > start + 1 else { return nil }
        wire[start] = UInt8(wire.count - start - 1)
        start = wire.count
        wire.append(0)
        continue
      }
      if byte == UInt8(ascii: "\\") {
        guard let escaped = Self.escaped(&bytes) else { return nil }
        byte = escaped
      }
      wire.append(byte)
      guard wire.count - start - 1 <= Self.longestLabel, wire.count < Self.longest else { return nil }
    }
    guard wire.count > 1 else { return nil }
    if wire.count > start + 1 {
      wire[start] = UInt8(wire.count - start - 1)
      wire.append(0)
    }
    self.init(checked: wire)
  }

  private static func escaped(_ bytes: inout String.UTF8View.Iterator) -> UInt8? {
    guard let first = bytes.next() else { return nil }
    guard let hundreds = digit(first) else { return first }
    guard let tens = bytes.next().flatMap(digit), let ones = bytes.next().flatMap(digit) else { return nil }
    return UInt8(exactly: hundreds * 100 + tens * 10 + ones)
  }

  private static func digit(_ byte: UInt8) -> Int? { (0x30...0x39).contains(byte) ? Int(byte) - 0x30 : nil }

  /// The labels with a dot behind each; dots and backslashes inside labels behind a backslash, bytes that do not print
  /// as `\DDD`.
  public var description: String {
    if isRoot { return "." }
    var text: [UInt8] = []
    text.reserveCapacity(wire.count)
    for label in labels {
      for byte in label {
        switch byte {
        case UInt8(ascii: "."), UInt8(ascii: "\\"): text += [UInt8(ascii: "\\"), byte]
        case 0x21...0x7E: text.append(byte)
        default: text += [UInt8(ascii: "\\"), 0x30 + byte / 100, 0x30 + byte / 10 % 10, 0x30 + byte % 10]
        }
      }
      text.append(UInt8(ascii: "."))
    }
    return String(decoding: text, as: UTF8.self)
  }
}
