import FoundationEssentials

/// Text in the URL's alphabet of base64, without padding (RFC 4648, section 5).
enum Base64URLText {
  /// Nil where it is none, or not UTF-8.
  static func decode(_ text: Substring) -> String? {
    let standard = text.replacing("-", with: "+").replacing("_", with: "/")
    let padding = String(repeating: "=", count: (4 - standard.utf8.count % 4) % 4)
    guard !standard.contains("="), let data = Data(base64Encoded: standard + padding) else { return nil }
    return String(validating: data, as: UTF8.self)
  }
}
