import APIMachinery

/// The forms that names have in the API. Each function returns what is wrong, in upstream's words; nothing where all is well.
///
/// Source: RFC 1123 and RFC 1035, and "Object Names and IDs" in Kubernetes' documentation.
enum NameRules {
  private static let label = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
  private static let subdomain = "\(label)(\\.\(label))*"
  private static let key = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"

  static func isLabel(_ text: some StringProtocol) -> Bool {
    isWord(Substring(text).utf8, inner: { isSmall($0) || isDigit($0) || $0 == dash }, outer: { isSmall($0) || isDigit($0) })
  }

  static func isSubdomain(_ text: some StringProtocol) -> Bool {
    text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { isLabel($0) }
  }

  private static func isKey(_ text: some StringProtocol) -> Bool {
    isWord(
      Substring(text).utf8, inner: { isAlphanumeric($0) || $0 == dash || $0 == underscore || $0 == dot },
      outer: isAlphanumeric)
  }

  static func label(_ text: String) -> [String] {
    var problems: [String] = []
    if text.utf8.count > 63 { problems.append(tooLong(63)) }
    if !isLabel(text) {
      problems.append(
        isSubdomain(text)
          ? "must not contain dots"
          : form(
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
            label, "my-name", "123-abc"))
    }
    return problems
  }

  static func subdomain(_ text: String) -> [String] {
    var problems: [String] = []
    if text.utf8.count > 253 { problems.append(tooLong(253)) }
    if !isSubdomain(text) {
      problems.append(
        form(
          "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
          subdomain, "example.com"))
    }
    return problems
  }

  /// A label that begins with a letter.
  static func serviceLabel(_ text: String) -> [String] {
    var problems: [String] = []
    if text.utf8.count > 63 { problems.append(tooLong(63)) }
    if !isLabel(text) || text.utf8.first.map(isDigit) == true {
      problems.append(
        form(
          "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
          "[a-z]([-a-z0-9]*[a-z0-9])?", "my-name", "abc-123"))
    }
    return problems
  }

  /// A domain name whose first label is `*`.
  static func wildcardSubdomain(_ text: String) -> [String] {
    var problems: [String] = []
    if text.utf8.count > 253 { problems.append(tooLong(253)) }
    if !text.hasPrefix("*.") || !isSubdomain(text.dropFirst(2)) {
      problems.append(
        form(
          "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
          "\\*\\.\(subdomain)", "*.example.com"))
    }
    return problems
  }

  /// The key of a label or annotation: a name, and before it a domain with a slash if one is wanted.
  static func qualifiedName(_ text: String) -> [String] {
    let words =
      "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
    var problems: [String] = []
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count <= 2, let name = parts.last else {
      return [
        "a valid label key " + form(words, key, "MyName", "my.name", "123-abc")
          + " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
      ]
    }
    if parts.count == 2 {
      if parts[0].isEmpty {
        problems.append("prefix part " + empty)
      } else {
        problems += subdomain(parts[0]).map { "prefix part " + $0 }
      }
    }
    if name.isEmpty {
      problems.append("name part " + empty)
    } else if name.utf8.count > 63 {
      problems.append("name part must be no more than 63 bytes")
    }
    if !isKey(name) { problems.append("name part " + form(words, key, "MyName", "my.name", "123-abc")) }
    return problems
  }

  static func labelValue(_ text: String) -> [String] {
    var problems: [String] = []
    if text.utf8.count > 63 { problems.append("must be no more than 63 bytes") }
    if !text.isEmpty, !isKey(text) {
      problems.append(
        form(
          "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
          "(\(key))?", "MyValue", "my_value", "12345"))
    }
    return problems
  }

  /// The key of an entry in a ConfigMap or Secret.
  static func configKey(_ text: String) -> [String] {
    var problems: [String] = []
    if text.utf8.count > 253 { problems.append(tooLong(253)) }
    if text.isEmpty || !text.utf8.allSatisfy({ isAlphanumeric($0) || $0 == dash || $0 == underscore || $0 == dot }) {
      problems.append(
        form(
          "a valid config key must consist of alphanumeric characters, '-', '_' or '.'", "[-._a-zA-Z0-9]+", "key.name",
          "KEY_NAME", "key-name"))
    }
    switch text {
    case ".": problems.append("must not be '.'")
    case "..": problems.append("must not be '..'")
    default: if text.hasPrefix("..") { problems.append("must not start with '..'") }
    }
    return problems
  }

  /// The name of a variable of the environment.
  static func variable(_ text: String) -> [String] {
    if text.isEmpty { return ["environment variable name " + empty] }
    return text.unicodeScalars.allSatisfy { (0x20...0x7E).contains($0.value) && $0 != "=" }
      ? [] : ["a valid environment variable name must consist only of printable ASCII characters other than '='"]
  }

  /// The name of a port (RFC 6335).
  static func portName(_ text: String) -> [String] {
    var problems: [String] = []
    let bytes = text.utf8
    if bytes.count > 15 { problems.append(tooLong(15)) }
    if bytes.isEmpty || !bytes.allSatisfy({ isSmall($0) || isDigit($0) || $0 == dash }) {
      problems.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    }
    if !bytes.contains(where: isSmall) { problems.append("must contain at least one letter (a-z)") }
    if text.contains("--") { problems.append("must not contain consecutive hyphens") }
    if bytes.first == dash || bytes.last == dash { problems.append("must not begin or end with a hyphen") }
    return problems
  }

  static func portNumber(_ number: Int64) -> [String] {
    (1...65535).contains(number) ? [] : [between(1, 65535)]
  }

  /// A name that is a part of a path, as roles have them.
  static func pathSegment(_ text: String) -> [String] {
    if text == "." || text == ".." { return ["may not be '\(text)'"] }
    return ["/", "%"].filter { text.contains($0) }.map { "may not contain '\($0)'" }
  }

  static func headerName(_ text: String) -> [String] {
    !text.isEmpty && text.utf8.allSatisfy { isAlphanumeric($0) || $0 == dash }
      ? []
      : [
        form("a valid HTTP header must consist of alphanumeric characters or '-'", "[-A-Za-z0-9]+", "X-Header-Name")
      ]
  }

  static func percentage(_ text: String) -> [String] {
    text.hasSuffix("%") && text.utf8.count > 1 && text.utf8.dropLast().allSatisfy(isDigit)
      ? []
      : [
        form("a valid percent string must be a numeric string followed by an ending '%'", "[0-9]+%", "1%", "93%")
      ]
  }

  static let empty = "must be non-empty"
  static func tooLong(_ count: Int) -> String { "must be no more than \(count) characters" }
  static func between(_ low: Int64, _ high: Int64) -> String { "must be between \(low) and \(high), inclusive" }

  /// A message that shows examples and the regular expression.
  static func form(_ message: String, _ pattern: String, _ examples: String...) -> String {
    let shown = examples.map { "'\($0)', " }.joined(separator: " or ")
    return "\(message) (e.g. \(shown)regex used for validation is '\(pattern)')"
  }

  private static let dash = UInt8(ascii: "-")
  private static let dot = UInt8(ascii: ".")
  private static let underscore = UInt8(ascii: "_")
  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
  private static func isSmall(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) }
  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    isDigit(byte) || isSmall(byte) || (0x41...0x5A).contains(byte)
  }

  private static func isWord(
    _ bytes: some BidirectionalCollection<UInt8>, inner: (UInt8) -> Bool, outer: (UInt8) -> Bool
  ) -> Bool {
    guard let first = bytes.first, let last = bytes.last, outer(first), outer(last) else { return false }
    return bytes.allSatisfy(inner)
  }
}
