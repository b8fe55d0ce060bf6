/// Whether texts are addresses as Go's `net` reads them.
enum InternetAddress {
  /// - Parameter allowsLeadingZeros: in the decimal parts, as Go did before 1.17.
  static func isAddress(_ text: String, allowsLeadingZeros: Bool) -> Bool {
    text.utf8.contains(UInt8(ascii: ":"))
      ? isVersion6(text, allowsLeadingZeros: allowsLeadingZeros)
      : isVersion4(text[...], allowsLeadingZeros: allowsLeadingZeros)
  }

  /// An address and the length of a prefix.
  static func isNetwork(_ text: String) -> Bool {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, isAddress(String(parts[0]), allowsLeadingZeros: true) else { return false }
    guard let length = decimal(parts[1], allowsLeadingZeros: true) else { return false }
    return length <= (parts[0].contains(":") ? 128 : 32)
  }

  /// 6, 8 or 20 bytes: pairs of digits with `:` or `-` between them, or groups of four with dots.
  static func isHardwareAddress(_ text: String) -> Bool {
    for (separator, width) in [(Character(":"), 2), ("-", 2), (".", 4)] where text.contains(separator) {
      let groups = text.split(separator: separator, omittingEmptySubsequences: false)
      let isComplete = groups.allSatisfy { $0.utf8.count == width && hexadecimal($0) != nil }
      return isComplete && [6, 8, 20].contains(groups.count * width / 2)
    }
    return false
  }

  private static func decimal(_ text: Substring, allowsLeadingZeros: Bool) -> Int? {
    guard !text.isEmpty, text.utf8.count <= 9, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
      return nil
    }
    guard allowsLeadingZeros || text.utf8.count == 1 || text.first != "0" else { return nil }
    return Int(text)
  }

  private static func hexadecimal(_ text: Substring) -> Int? {
    guard (1...4).contains(text.utf8.count),
      text.utf8.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") })
    else { return nil }
    return Int(text, radix: 16)
  }

  private static func isVersion4(_ text: Substring, allowsLeadingZeros: Bool) -> Bool {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4
      && parts.allSatisfy { (decimal($0, allowsLeadingZeros: allowsLeadingZeros) ?? 256) <= 255 }
  }

  private static func isVersion6(_ text: String, allowsLeadingZeros: Bool) -> Bool {
    /// How many groups there are; nil where one is malformed.
    func groups(_ text: Substring, mayEndInVersion4: Bool) -> Int? {
      if text.isEmpty { return 0 }
      let parts = text.split(separator: ":", omittingEmptySubsequences: false)
      var count = 0
      for (index, part) in parts.enumerated() {
        if index == parts.count - 1, mayEndInVersion4, part.contains(".") {
          guard isVersion4(part, allowsLeadingZeros: allowsLeadingZeros) else { return nil }
          count += 2
        } else {
          guard hexadecimal(part) != nil else { return nil }
          count += 1
        }
      }
      return count
    }
    guard let gap = text.firstRange(of: "::") else { return groups(text[...], mayEndInVersion4: true) == 8 }
    let rest = text[gap.upperBound...]
    guard !rest.contains("::"), let before = groups(text[..<gap.lowerBound], mayEndInVersion4: false),
      let after = groups(rest, mayEndInVersion4: true)
    else { return false }
    return before + after < 8
  }
}
