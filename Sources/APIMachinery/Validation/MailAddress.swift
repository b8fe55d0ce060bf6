/// Whether a text is one mail address (RFC 5322): `user@example.com` or `Name <user@example.com>`.
///
/// Comments and folding white space, which nobody writes, are not taken.
enum MailAddress {
  static func isValid(_ text: String) -> Bool {
    let trimmed = trim(text[...])
    if trimmed.hasSuffix(">"), let open = trimmed.lastIndex(of: "<") {
      let name = trim(trimmed[..<open])
      let address = trimmed[trimmed.index(after: open)...].dropLast()
      return isDisplayName(name) && isAddress(address)
    }
    return isAddress(trimmed)
  }

  private static func trim(_ text: Substring) -> Substring {
    var result = text
    while let first = result.first, first == " " || first == "\t" { result.removeFirst() }
    while let last = result.last, last == " " || last == "\t" { result.removeLast() }
    return result
  }

  private static func isDisplayName(_ name: Substring) -> Bool {
    if name.isEmpty || isQuoted(name) { return true }
    return name.split(separator: " ").allSatisfy { word in
      isQuoted(word) || word.unicodeScalars.allSatisfy { isAtomText($0) || $0 == "." }
    }
  }

  private static func isAddress(_ address: Substring) -> Bool {
    guard let at = address.lastIndex(of: "@") else { return false }
    let local = address[..<at]
    let domain = address[address.index(after: at)...]
    guard isQuoted(local) || isDotAtom(local) else { return false }
    if domain.hasPrefix("["), domain.hasSuffix("]") {
      return InternetAddress.isAddress(String(domain.dropFirst().dropLast()), allowsLeadingZeros: false)
    }
    return isDotAtom(domain)
  }

  private static func isQuoted(_ text: Substring) -> Bool {
    guard text.utf8.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") else { return false }
    var isEscaped = false
    for scalar in text.dropFirst().dropLast().unicodeScalars {
      if isEscaped {
        isEscaped = false
      } else if scalar == "\\" {
        isEscaped = true
      } else if scalar == "\"" || scalar.value < 0x20 && scalar != "\t" {
        return false
      }
    }
    return !isEscaped
  }

  private static func isDotAtom(_ text: Substring) -> Bool {
    text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { atom in
      !atom.isEmpty && atom.unicodeScalars.allSatisfy(isAtomText)
    }
  }

  private static func isAtomText(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x41...0x5A, 0x61...0x7A, 0x30...0x39: true
    case 0x80...: true
    default: "!#$%&'*+-/=?^_`{|}~".unicodeScalars.contains(scalar)
    }
  }
}
