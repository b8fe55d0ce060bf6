import APIMachinery

/// Forms of names that only some kinds know.
extension NameRules {
  /// The name of a header of HTTP.
  static func headerName(_ text: String) -> [String] {
    !text.isEmpty && text.utf8.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
      ? []
      : [
        "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')"
      ]
  }

  static func percentage(_ text: String) -> [String] {
    text.hasSuffix("%") && text.utf8.count > 1 && text.utf8.dropLast().allSatisfy { (0x30...0x39).contains($0) }
      ? []
      : [
        "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')"
      ]
  }

  static func between(_ low: Int64, _ high: Int64) -> String { "must be between \(low) and \(high), inclusive" }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
  }
}
