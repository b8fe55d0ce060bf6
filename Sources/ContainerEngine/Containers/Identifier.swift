/// Identifiers of containers, networks and execs: 64 random hexadecimal digits.
enum Identifier {
  /// A fresh identifier whose first twelve digits are not all decimal: a short id must never look like a number to a
  /// shell or a host name.
  static func random() -> String {
    while true {
      var text = ""
      for _ in 0..<4 {
        let part = String(UInt64.random(in: 0 ... .max), radix: 16)
        text += String(repeating: "0", count: 16 - part.count) + part
      }
      if text.prefix(12).contains(where: { !$0.isNumber }) { return text }
    }
  }

  /// Docker's rule for names: `[a-zA-Z0-9][a-zA-Z0-9_.-]+`.
  static func isValidName(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    guard bytes.count >= 2, let first = bytes.first, isAlphanumeric(first) else { return false }
    return bytes.dropFirst().allSatisfy { isAlphanumeric($0) || $0 == 0x5F || $0 == 0x2E || $0 == 0x2D }
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }
}
