/// A URL, taken apart as Go's `url.Parse` does: what is wrong with one is told in its words.
public struct GoURL: Sendable, Hashable {
  /// In small letters.
  public private(set) var scheme = ""
  /// What stands before the host, as it is written into a URL; nil where there is none.
  public private(set) var user: String?
  /// With the port, where there is one.
  public private(set) var host = ""
  public private(set) var query = ""
  public private(set) var fragment = ""

  /// Why a text is no URL.
  public struct Problem: Error, CustomStringConvertible {
    public let description: String
  }

  private enum Part { case path, user, host, zone, fragment }

  public init(_ text: String) throws(Problem) {
    var rest = text[...]
    let hash = rest.firstIndex(of: "#")
    if let hash { rest = rest[..<hash] }
    do throws(Problem) {
      try parse(rest)
    } catch {
      throw Problem(description: "parse \(String(rest).goQuoted): \(error.description)")
    }
    guard let hash else { return }
    do throws(Problem) {
      fragment = try Self.unescaped(text[text.index(after: hash)...], .fragment)
    } catch {
      throw Problem(description: "parse \(text.goQuoted): \(error.description)")
    }
  }

  private mutating func parse(_ text: Substring) throws(Problem) {
    guard !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
      throw Problem(description: "net/url: invalid control character in URL")
    }
    guard text != "*" else { return }
    var rest = text
    (scheme, rest) = try Self.splitScheme(text)
    if let mark = rest.firstIndex(of: "?") {
      query = String(rest[rest.index(after: mark)...])
      rest = rest[..<mark]
    }
    if !rest.hasPrefix("/") {
      // What follows a scheme at once is of its own form.
      guard scheme.isEmpty else { return }
      guard !rest.prefix(while: { $0 != "/" }).contains(":") else {
        throw Problem(description: "first path segment in URL cannot contain colon")
      }
    }
    if !scheme.isEmpty || !rest.hasPrefix("///"), rest.hasPrefix("//") {
      let authority = rest.dropFirst(2).prefix { $0 != "/" }
      rest = rest[authority.endIndex...]
      try readAuthority(authority)
    }
    _ = try Self.unescaped(rest, .path)
  }

  private static func splitScheme(_ text: Substring) throws(Problem) -> (scheme: String, rest: Substring) {
    for index in text.utf8.indices {
      switch text.utf8[index] {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): continue
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
        if index == text.startIndex { return ("", text) }
      case UInt8(ascii: ":"):
        guard index != text.startIndex else { throw Problem(description: "missing protocol scheme") }
        return (text[..<index].lowercased(), text[text.utf8.index(after: index)...])
      default: return ("", text)
      }
    }
    return ("", text)
  }

  private mutating func readAuthority(_ text: Substring) throws(Problem) {
    guard let at = text.lastIndex(of: "@") else {
      host = try Self.readHost(text)
      return
    }
    host = try Self.readHost(text[text.index(after: at)...])
    let written = text[..<at]
    guard written.utf8.allSatisfy({ Self.isLetter($0) || Array("-._:~!$&'()*+,;=%@".utf8).contains($0) }) else {
      throw Problem(description: "net/url: invalid userinfo")
    }
    let parts = written.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    var shown: [String] = []
    for part in parts { shown.append(Self.escaped(user: try Self.unescaped(part, .user))) }
    user = shown.joined(separator: ":")
  }

  private static func readHost(_ text: Substring) throws(Problem) -> String {
    if text.hasPrefix("[") {
      guard let end = text.lastIndex(of: "]") else { throw Problem(description: "missing ']' in host") }
      try checkPort(text[text.index(after: end)...])
      if let zone = text[..<end].firstRange(of: "%25") {
        return try unescaped(text[..<zone.lowerBound], .host) + unescaped(text[zone.lowerBound..<end], .zone)
          + unescaped(text[end...], .host)
      }
    } else if let colon = text.lastIndex(of: ":") {
      try checkPort(text[colon...])
    }
    return try unescaped(text, .host)
  }

  private static func checkPort(_ text: Substring) throws(Problem) {
    guard text.isEmpty || text.hasPrefix(":") && text.utf8.dropFirst().allSatisfy({ (0x30...0x39).contains($0) })
    else { throw Problem(description: "invalid port \(String(text).goQuoted) after host") }
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
  }

  private static func mayStandInHost(_ byte: UInt8) -> Bool {
    isLetter(byte) || Array("!$&'()*+,;=:[]<>\"-_.~".utf8).contains(byte)
  }

  private static func unescaped(_ text: Substring, _ part: Part) throws(Problem) -> String {
    let bytes = Array(text.utf8)
    let isHost = part == .host || part == .zone
    var result: [UInt8] = []
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      guard byte == UInt8(ascii: "%") else {
        if isHost, byte < 0x80, !mayStandInHost(byte) {
          let shown = String(decoding: [byte], as: UTF8.self).goQuoted
          throw Problem(description: "invalid character \(shown) in host name")
        }
        result.append(byte)
        index += 1
        continue
      }
      let escape = bytes[index..<min(index + 3, bytes.count)]
      let digits = String(decoding: escape.dropFirst(), as: UTF8.self)
      let isPercent = digits == "25"
      guard escape.count == 3, digits.first != "+", digits.first != "-", let value = UInt8(digits, radix: 16),
        !(part == .host && value < 0x80 && !isPercent),
        !(part == .zone && !isPercent && value != 0x20 && !mayStandInHost(value))
      else {
        throw Problem(description: "invalid URL escape \(String(decoding: escape, as: UTF8.self).goQuoted)")
      }
      result.append(value)
      index += 3
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// A name or a password as it is written before a host.
  private static func escaped(user text: String) -> String {
    var result = ""
    for byte in text.utf8 {
      if isLetter(byte) || Array("-_.~$&+,;=".utf8).contains(byte) {
        result.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        let digits = String(byte, radix: 16, uppercase: true)
        result += digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
      }
    }
    return result
  }
}
