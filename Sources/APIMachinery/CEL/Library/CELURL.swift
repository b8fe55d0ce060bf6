/// An absolute URL, taken apart as Go does.
struct CELURL: CELOpaque, Hashable {
  static let type = CELType.opaque("kubernetes.URL", [])

  private let text: String
  let scheme: String
  /// With the port, where there is one.
  let host: String
  let path: String
  private let query: String

  var type: CELType { Self.type }
  var costSize: UInt64 { 1 }
  func isEqual(_ other: any CELOpaque) -> Bool { (other as? CELURL) == self }

  /// Why a text is no absolute URL, in Go's words; nil where it is one.
  static func problem(_ text: String) -> String? {
    if RequestURI.isValid(text) { return nil }
    let why =
      if text.isEmpty {
        "empty url"
      } else if text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) {
        "net/url: invalid control character in URL"
      } else if text.contains("://"), !text.hasPrefix(":") {
        "invalid character in host name"
      } else if text.hasPrefix(":") {
        "missing protocol scheme"
      } else {
        "invalid URI for request"
      }
    return "parse \(text.goQuoted): \(why)"
  }

  /// - Throws: ``CELEvaluationError``
  init(_ text: String) throws {
    if let problem = Self.problem(text) {
      throw CELEvaluationError("URL parse error during conversion from string: \(problem)")
    }
    self.text = text
    var rest = text[...]
    if let hash = rest.firstIndex(of: "#") { rest = rest[..<hash] }
    if let mark = rest.firstIndex(of: "?") {
      query = String(rest[rest.index(after: mark)...])
      rest = rest[..<mark]
    } else {
      query = ""
    }
    if let colon = rest.firstIndex(of: ":"), !rest[..<colon].contains("/") {
      scheme = rest[..<colon].lowercased()
      rest = rest[rest.index(after: colon)...]
    } else {
      scheme = ""
    }
    var authority = ""
    if rest.hasPrefix("//"), !rest.hasPrefix("///") || !scheme.isEmpty {
      rest = rest.dropFirst(2)
      let end = rest.firstIndex(of: "/") ?? rest.endIndex
      authority = String(rest[..<end])
      rest = rest[end...]
    }
    if let at = authority.lastIndex(of: "@") { authority = String(authority[authority.index(after: at)...]) }
    host = authority
    path = Self.escaped(rest)
  }

  /// The path as Go escapes it: as it was written where that could stand in a URL.
  private static func escaped(_ path: Substring) -> String {
    func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte & 0xDF) || (0x30...0x39).contains(byte) }
    if path.utf8.allSatisfy({ isLetter($0) || "!'()*;:@[]$&+,=/-_.~%".utf8.contains($0) }) { return String(path) }
    let decoded = unescaped(Substring(path.replacing("+", with: "%2B"))) ?? String(path)
    var text = ""
    for byte in decoded.utf8 {
      if isLetter(byte) || "$&+,/:;=@-_.~".utf8.contains(byte) {
        text.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        let digits = String(byte, radix: 16, uppercase: true)
        text += digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
      }
    }
    return text
  }

  /// Without the port and the brackets.
  var hostname: String {
    if host.hasPrefix("["), let end = host.firstIndex(of: "]") { return String(host[..<end].dropFirst()) }
    return host.lastIndex(of: ":").map { String(host[..<$0]) } ?? host
  }

  var port: String {
    let rest = host.hasPrefix("[") ? host.drop { $0 != "]" }.dropFirst() : host[...]
    return rest.lastIndex(of: ":").map { String(rest[rest.index(after: $0)...]) } ?? ""
  }

  /// The parameters of the query in the order in which they stand.
  func parameters() throws -> CELMap {
    var names: [String] = []
    var table: [String: [CELValue]] = [:]
    for pair in query.split(separator: "&") where !pair.contains(";") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = Self.unescaped(parts[0]), let value = Self.unescaped(parts.count > 1 ? parts[1] : "") else {
        continue
      }
      if table[name] == nil { names.append(name) }
      table[name, default: []].append(.string(value))
    }
    var map = CELMap()
    for name in names { try map.insert(.string(name), .list(CELList(table[name] ?? []))) }
    return map
  }

  private static func unescaped(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "+"): bytes.append(0x20)
      case UInt8(ascii: "%"):
        guard rest.count >= 2, let value = UInt8(String(Substring(rest.prefix(2))), radix: 16) else { return nil }
        bytes.append(value)
        rest = rest.dropFirst(2)
      default: bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension CELLibrary {
  static func addURLs(_ table: inout CELFunctionTable) {
    let type = CELURL.type
    table.global("url", "string_to_url", [.string], type) { values, _ in .opaque(try CELURL(values[0].string())) }
    table.global("isURL", "is_url_string", [.string], .bool) { values, _ in
      .bool(RequestURI.isValid(try values[0].string()))
    }
    let parts: [(String, String, @Sendable (CELURL) -> String)] = [
      ("getScheme", "url_get_scheme", { $0.scheme }), ("getHost", "url_get_host", { $0.host }),
      ("getHostname", "url_get_hostname", { $0.hostname }), ("getPort", "url_get_port", { $0.port }),
      ("getEscapedPath", "url_get_escaped_path", { $0.path }),
    ]
    for (name, id, part) in parts {
      table.member(name, id, type, .string) { values, _ in .string(part(try values[0].opaque(CELURL.self))) }
    }
    table.member("getQuery", "url_get_query", type, .map(.string, .list(.string))) { values, _ in
      .map(try values[0].opaque(CELURL.self).parameters())
    }
  }
}
