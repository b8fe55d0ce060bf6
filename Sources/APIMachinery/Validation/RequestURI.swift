/// Whether a text is a URI as Go's `url.ParseRequestURI` takes it: an absolute URI or an absolute path, without a fragment.
enum RequestURI {
  static func isValid(_ text: String) -> Bool {
    guard !text.isEmpty, !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return false }
    if text == "*" { return true }
    guard let (scheme, afterScheme) = split(text) else { return false }
    var rest = afterScheme
    if let query = rest.firstIndex(of: "?") { rest = rest[..<query] }
    guard rest.hasPrefix("/") else { return !scheme.isEmpty }
    if scheme.isEmpty ? false : rest.hasPrefix("//") {
      rest = rest.dropFirst(2)
      let end = rest.firstIndex(of: "/") ?? rest.endIndex
      guard isAuthority(rest[..<end]) else { return false }
      rest = rest[end...]
    }
    return hasWholeEscapes(rest)
  }

  /// The scheme, empty where there is none, and what comes after it; nil where the text begins with a colon.
  private static func split(_ text: String) -> (scheme: Substring, rest: Substring)? {
    for (offset, byte) in text.utf8.enumerated() {
      let index = text.utf8.index(text.startIndex, offsetBy: offset)
      switch byte {
      case 0x41...0x5A, 0x61...0x7A: continue
      case 0x30...0x39, UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
        if offset == 0 { return ("", text[...]) }
      case UInt8(ascii: ":"):
        return offset == 0 ? nil : (text[..<index], text[text.utf8.index(after: index)...])
      default: return ("", text[...])
      }
    }
    return ("", text[...])
  }

  private static func isAuthority(_ text: Substring) -> Bool {
    var host = text
    if let at = text.lastIndex(of: "@") {
      let user = text[..<at]
      let isUser = user.utf8.allSatisfy { byte in
        switch byte {
        case 0x41...0x5A, 0x61...0x7A, 0x30...0x39: true
        default: "-._:~!$&'()*+,;=%@".utf8.contains(byte)
        }
      }
      guard isUser, hasWholeEscapes(user) else { return false }
      host = text[text.index(after: at)...]
    }
    if host.hasPrefix("[") {
      guard let end = host.lastIndex(of: "]") else { return false }
      return isPort(host[host.index(after: end)...])
    }
    if let colon = host.lastIndex(of: ":") {
      guard isPort(host[colon...]) else { return false }
      host = host[..<colon]
    }
    let isHost = host.utf8.allSatisfy { byte in
      switch byte {
      case 0x41...0x5A, 0x61...0x7A, 0x30...0x39, 0x80...: true
      default: "-_.~!$&'()*+,;=:[]<>\"%".utf8.contains(byte)
      }
    }
    return isHost && hasWholeEscapes(host)
  }

  private static func isPort(_ text: Substring) -> Bool {
    text.isEmpty || (text.first == ":" && text.dropFirst().utf8.allSatisfy { (0x30...0x39).contains($0) })
  }

  /// Whether two hexadecimal digits follow each percent sign.
  private static func hasWholeEscapes(_ text: Substring) -> Bool {
    var rest = text.utf8
    while let percent = rest.firstIndex(of: UInt8(ascii: "%")) {
      let digits = rest[rest.index(after: percent)...].prefix(2)
      guard digits.count == 2, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else { return false }
      rest = rest[digits.endIndex...]
    }
    return true
  }
}
