/// The name of an image as Docker reads it (distribution/reference, `ParseNormalizedNamed`), as far as an API server must know it.
enum ImageName {
  private static let longestPath = 255
  private static let longestTag = 128
  private static let shortestDigest = 32

  /// The tag that an image is meant by: `latest` where a name has neither a tag nor a digest, empty where there is but a digest.
  /// Nil for what is no name.
  static func tag(of image: String) -> String? {
    // What looks like an identifier is none of a name.
    if image.utf8.count == 64, image.utf8.allSatisfy(isLowercaseHexadecimal) { return nil }
    var rest = image[...]
    var hasDigest = false
    if let at = rest.lastIndex(of: "@") {
      guard isDigest(rest[rest.index(after: at)...]) else { return nil }
      hasDigest = true
      rest = rest[..<at]
    }
    var tag = ""
    if let colon = rest.lastIndex(of: ":"), !rest[colon...].contains("/") {
      tag = String(rest[rest.index(after: colon)...])
      guard isTag(tag) else { return nil }
      rest = rest[..<colon]
    }
    guard isRepository(rest) else { return nil }
    return tag.isEmpty && !hasDigest ? "latest" : tag
  }

  private static func isRepository(_ name: Substring) -> Bool {
    var path = name
    if let slash = name.firstIndex(of: "/") {
      let first = name[..<slash]
      // A first part without a dot or a port is a folder of the hub, unless only a host is written like that.
      if first.contains(where: { $0 == "." || $0 == ":" }) || first == "localhost" || first.lowercased() != first {
        guard isDomain(first) else { return false }
        path = name[name.index(after: slash)...]
      }
    }
    return path.utf8.count <= longestPath
      && path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy(isPathPart)
  }

  private static func isDomain(_ text: Substring) -> Bool {
    var host = text
    if let colon = text.lastIndex(of: ":"), !text[colon...].contains("]") {
      let port = text[text.index(after: colon)...]
      guard !port.isEmpty, port.utf8.allSatisfy(isDigit) else { return false }
      host = text[..<colon]
    }
    if host.hasPrefix("[") {
      return host.hasSuffix("]") && host.dropFirst().dropLast().utf8.allSatisfy { isHexadecimal($0) || $0 == 58 }
        && host.utf8.count > 2
    }
    return host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
      guard let first = label.utf8.first, let last = label.utf8.last else { return false }
      return isLetterOrDigit(first) && isLetterOrDigit(last)
        && label.utf8.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
    }
  }

  /// Small letters and digits, with a dot, one or two underscores or any number of dashes between them.
  private static func isPathPart(_ part: Substring) -> Bool {
    guard let first = part.utf8.first, let last = part.utf8.last, isSmallOrDigit(first), isSmallOrDigit(last) else {
      return false
    }
    return part.split(whereSeparator: { $0.utf8.allSatisfy(isSmallOrDigit) }).allSatisfy { separator in
      separator == "." || separator == "_" || separator == "__" || separator.allSatisfy { $0 == "-" }
    }
  }

  private static func isTag(_ tag: String) -> Bool {
    guard let first = tag.utf8.first, tag.utf8.count <= longestTag else { return false }
    func isWord(_ byte: UInt8) -> Bool { isLetterOrDigit(byte) || byte == UInt8(ascii: "_") }
    return isWord(first) && tag.utf8.allSatisfy { isWord($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }
  }

  private static func isDigest(_ text: Substring) -> Bool {
    guard let colon = text.firstIndex(of: ":") else { return false }
    let value = text[text.index(after: colon)...]
    let parts = text[..<colon].split(omittingEmptySubsequences: false) { "-_+.".contains($0) }
    return value.utf8.count >= shortestDigest && value.utf8.allSatisfy(isHexadecimal)
      && parts.allSatisfy { part in
        guard let first = part.utf8.first, isLetterOrDigit(first), !isDigit(first) else { return false }
        return part.utf8.allSatisfy(isLetterOrDigit)
      }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

  private static func isSmallOrDigit(_ byte: UInt8) -> Bool {
    isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    isSmallOrDigit(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
  }

  private static func isLowercaseHexadecimal(_ byte: UInt8) -> Bool {
    isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
  }

  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    isLowercaseHexadecimal(byte) || (UInt8(ascii: "A")...UInt8(ascii: "F")).contains(byte)
  }
}
