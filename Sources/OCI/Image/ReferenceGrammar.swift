/// The grammar of distribution's `reference` package: what may stand in a domain, a path component and a tag.
extension Reference {
  /// Cuts the domain off, as Docker guesses it: the first component is one where it has a `.` or a `:`, is `localhost`,
  /// or holds upper-case letters (which no path may).
  static func splitDomain(_ text: Substring) -> (domain: String, remainder: String) {
    guard let slash = text.firstIndex(of: "/") else { return (defaultDomain, officialPrefix + text) }
    let first = text[..<slash]
    let rest = String(text[text.index(after: slash)...])
    let isDomain =
      first.contains(".") || first.contains(":") || first == "localhost" || first.lowercased() != String(first)
    guard isDomain else { return (defaultDomain, String(text)) }
    if (first == defaultDomain || first == legacyDefaultDomain) && !rest.contains("/") {
      return (String(first), officialPrefix + rest)
    }
    return (String(first), rest)
  }

  static func isTag(_ text: Substring) -> Bool {
    let bytes = text.utf8
    guard let first = bytes.first, bytes.count <= 128, isWord(first) else { return false }
    return bytes.allSatisfy { isWord($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }
  }

  static func isPath(_ text: String) -> Bool {
    text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
      .allSatisfy { isPathComponent(Array($0)) }
  }

  /// `[a-z0-9]+` joined by `.`, `_`, `__` or any number of `-`.
  private static func isPathComponent(_ bytes: [UInt8]) -> Bool {
    var index = 0
    while true {
      let start = index
      while index < bytes.count, isLowerOrDigit(bytes[index]) { index += 1 }
      if index == start { return false }
      if index == bytes.count { return true }
      switch bytes[index] {
      case UInt8(ascii: "."): index += 1
      case UInt8(ascii: "_"):
        index += 1
        if index < bytes.count, bytes[index] == UInt8(ascii: "_") { index += 1 }
      case UInt8(ascii: "-"):
        while index < bytes.count, bytes[index] == UInt8(ascii: "-") { index += 1 }
      default: return false
      }
    }
  }

  static func isDomain(_ text: String) -> Bool {
    var host = text[...]
    if host.hasPrefix("[") {
      guard let end = host.firstIndex(of: "]") else { return false }
      let inside = host[host.index(after: host.startIndex)..<end].utf8
      guard !inside.isEmpty, inside.allSatisfy({ isHexadecimal($0) || $0 == UInt8(ascii: ":") }) else { return false }
      let rest = host[host.index(after: end)...]
      return rest.isEmpty || (rest.hasPrefix(":") && isPort(rest.dropFirst()))
    }
    if let colon = host.firstIndex(of: ":") {
      guard isPort(host[host.index(after: colon)...]) else { return false }
      host = host[..<colon]
    }
    return host.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { label in
      guard let first = label.first, let last = label.last, isAlphanumeric(first), isAlphanumeric(last) else {
        return false
      }
      return label.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
    }
  }

  private static func isPort(_ text: Substring) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }

  private static func isLowerOrDigit(_ c: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(c) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(c)
  }

  private static func isAlphanumeric(_ c: UInt8) -> Bool {
    isLowerOrDigit(c) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(c)
  }

  private static func isWord(_ c: UInt8) -> Bool { isAlphanumeric(c) || c == UInt8(ascii: "_") }

  private static func isHexadecimal(_ c: UInt8) -> Bool {
    Hexadecimal.isLowerCaseDigit(c) || (UInt8(ascii: "A")...UInt8(ascii: "F")).contains(c)
  }
}
