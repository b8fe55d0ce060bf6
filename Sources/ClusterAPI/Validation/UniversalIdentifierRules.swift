import APIMachinery

/// Identifiers of the form of RFC 4122, where only the normal form of them will do.
enum UniversalIdentifierRules {
  /// What is wrong, in the words of the API.
  static func problems(_ text: String) -> [String] {
    if let problem = problem(text) { return ["error validating uid: \(problem)"] }
    guard text.utf8.count == 36, !text.utf8.contains(where: { (0x41...0x5A).contains($0) }) else {
      return [
        "uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lowercase hexadecimal characters"
      ]
    }
    return []
  }

  /// Also forms that are not the normal one are identifiers: bare digits, in braces, or as a URN.
  private static func problem(_ text: String) -> String? {
    let bytes = Array(text.utf8)
    var form = bytes[...]
    switch bytes.count {
    case 36: break
    case 36 + 9:
      let prefix = String(text.prefix(9))
      guard prefix.lowercased() == "urn:uuid:" else { return "invalid urn prefix: \(prefix.goQuoted)" }
      form = form.dropFirst(9)
    case 36 + 2:
      guard bytes.first == UInt8(ascii: "{"), bytes.last == UInt8(ascii: "}") else {
        return "invalid bracketed UUID format"
      }
      form = form.dropFirst().dropLast()
    case 32: return bytes.allSatisfy(isDigit) ? nil : "invalid UUID format"
    default: return "invalid UUID length: \(bytes.count)"
    }
    let isWhole = form.enumerated().allSatisfy { index, byte in
      [8, 13, 18, 23].contains(index) ? byte == UInt8(ascii: "-") : isDigit(byte)
    }
    return isWhole ? nil : "invalid UUID format"
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20)
  }
}
