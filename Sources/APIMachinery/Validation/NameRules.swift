/// The rules of names, keys and values, and what Kubernetes says where one is broken. Each answers with the messages,
/// none where the text is right.
public enum NameRules {
  // MARK: Names of objects

  /// A label of a domain name (RFC 1123), in lower case: names of namespaces, among others.
  public static func dns1123Label(_ text: String) -> [String] {
    var messages = tooLong(text, 63)
    if !isLabel(text.utf8[...]) {
      messages.append(
        isSubdomain(text)
          ? "must not contain dots"
          : expression(
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end "
              + "with an alphanumeric character", labelPattern, ["my-name", "123-abc"]))
    }
    return messages
  }

  /// A domain name (RFC 1123), in lower case: names of most objects.
  public static func dns1123Subdomain(_ text: String) -> [String] { subdomain(text, tooLong(text, 253)) }

  private static func subdomain(_ text: String, _ tooLong: [String]) -> [String] {
    guard !isSubdomain(text) else { return tooLong }
    return tooLong + [
      expression(
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start "
          + "and end with an alphanumeric character", subdomainPattern, ["example.com"])
    ]
  }

  /// A domain name that may have underscores, as names of services in DNS have (RFC 2782).
  public static func dns1123SubdomainWithUnderscore(_ text: String) -> [String] {
    let label = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
    let isRight = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { part in
      let rest = part.first == UInt8(ascii: "_") ? part.dropFirst() : part
      guard let first = rest.first, let last = rest.last else { return false }
      return isLowerAlphanumeric(first) && isLowerAlphanumeric(last)
        && rest.allSatisfy { isLowerAlphanumeric($0) || $0 == dash || $0 == UInt8(ascii: "_") }
    }
    guard !isRight else { return tooLong(text, 253) }
    return tooLong(text, 253) + [
      expression(
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must "
          + "start and end with an alphanumeric character", "\(label)(\\.\(label))*", ["example.com"])
    ]
  }

  /// A label that begins with a letter (RFC 1035): names of services, among others.
  public static func dns1035Label(_ text: String) -> [String] {
    var messages = tooLong(text, 63)
    if !isLabel(text.utf8[...]) || !isLower(text.utf8.first ?? 0) {
      messages.append(
        expression(
          "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, "
            + "and end with an alphanumeric character", "[a-z]([-a-z0-9]*[a-z0-9])?", ["my-name", "abc-123"]))
    }
    return messages
  }

  /// A domain name whose first label is `*`.
  public static func wildcardDNS1123Subdomain(_ text: String) -> [String] {
    var messages = tooLong(text, 253)
    if !text.hasPrefix("*.") || !isSubdomain(String(text.dropFirst(2))) {
      messages.append(
        expression(
          "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of "
            + "lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
          "\\*\\." + subdomainPattern, ["*.example.com"]))
    }
    return messages
  }

  /// A name that can be a segment of a path: all that names of roles and the like must be.
  public static func pathSegment(_ text: String) -> [String] {
    if text == "." || text == ".." { return ["may not be '\(text)'"] }
    // Every request for an object asks, and nearly every name is right.
    guard text.utf8.contains(where: { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "%") }) else { return [] }
    return ["/", "%"].filter(text.contains).map { "may not contain '\($0)'" }
  }

  /// What a name generator's base must be: as the rule, with a dash at its end taken for a letter.
  public static func prefix(_ text: String, _ rule: (String) -> [String]) -> [String] {
    guard text.utf8.count > 1, text.hasSuffix("-") else { return rule(text) }
    // Kubernetes replaces the last two bytes by one letter.
    return rule(String(text.dropLast(2)) + "a")
  }

  // MARK: Labels and annotations

  /// The key of a label: a name, with a domain and a slash before it where it is not the user's own.
  public static func labelKey(_ text: String) -> [String] {
    isLabelKey(text) ? [] : wrongLabelKey(text)
  }

  private static func wrongLabelKey(_ text: String) -> [String] {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    let pattern = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
    let wrong = expression(
      "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
      pattern, ["MyName", "my.name", "123-abc"])
    var messages: [String] = []
    if parts.count == 2 {
      if parts[0].isEmpty {
        messages.append("prefix part must be non-empty")
      } else {
        let tooLong = parts[0].utf8.count > 253 ? [longerThan(253, "bytes")] : []
        messages += subdomain(parts[0], tooLong).map { "prefix part \($0)" }
      }
    } else if parts.count > 2 {
      return ["a valid label key \(wrong) with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"]
    }
    let name = parts.last ?? ""
    if name.isEmpty {
      messages.append("name part must be non-empty")
    } else if name.utf8.count > 63 {
      messages.append("name part \(longerThan(63, "bytes"))")
    }
    if !isLabelName(name) { messages.append("name part \(wrong)") }
    return messages
  }

  /// What is wrong with the value of a label.
  public static func labelValue(_ text: String) -> [String] {
    var messages = text.utf8.count > 63 ? [longerThan(63, "bytes")] : []
    if !text.isEmpty, !isLabelName(text) {
      messages.append(
        expression(
          "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start "
            + "and end with an alphanumeric character", "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?",
          ["MyValue", "my_value", "12345"]))
    }
    return messages
  }

  /// The key of an annotation: as that of a label, whatever the case of the domain.
  public static func annotationKey(_ text: String) -> [String] { labelKey(text.lowercased()) }

  // MARK: Other names

  /// The key of a value in a config map or a secret.
  public static func configMapKey(_ text: String) -> [String] {
    var messages = tooLong(text, 253)
    let allowed = text.utf8.allSatisfy { isAlphanumeric($0) || "-._".utf8.contains($0) }
    if text.isEmpty || !allowed {
      messages.append(
        expression(
          "a valid config key must consist of alphanumeric characters, '-', '_' or '.'", "[-._a-zA-Z0-9]+",
          ["key.name", "KEY_NAME", "key-name"]))
    }
    return messages + climbs(text)
  }

  /// The name of an environment variable.
  public static func environmentVariable(_ text: String) -> [String] {
    if text.isEmpty { return ["environment variable name must be non-empty"] }
    let isPrintable = text.utf8.allSatisfy { (0x20..<0x7F).contains($0) && $0 != UInt8(ascii: "=") }
    return isPrintable
      ? [] : ["a valid environment variable name must consist only of printable ASCII characters other than '='"]
  }

  /// The name of a port (RFC 6335, in lower case).
  public static func portName(_ text: String) -> [String] {
    var messages = tooLong(text, 15)
    if text.isEmpty || !text.utf8.allSatisfy({ isLowerAlphanumeric($0) || $0 == dash }) {
      messages.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    }
    if !text.utf8.contains(where: isLower) { messages.append("must contain at least one letter (a-z)") }
    if text.contains("--") { messages.append("must not contain consecutive hyphens") }
    if text.hasPrefix("-") || text.hasSuffix("-") { messages.append("must not begin or end with a hyphen") }
    return messages
  }

  /// What is wrong with the number of a port.
  public static func portNumber(_ number: Int64) -> [String] {
    (1...65_535).contains(number) ? [] : ["must be between 1 and 65535, inclusive"]
  }

  private static func climbs(_ text: String) -> [String] {
    switch text {
    case ".": ["must not be '.'"]
    case "..": ["must not be '..'"]
    default: text.hasPrefix("..") ? ["must not start with '..'"] : []
    }
  }

  // MARK: Forms

  private static let dash = UInt8(ascii: "-")
  private static let labelPattern = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
  private static let subdomainPattern = "\(labelPattern)(\\.\(labelPattern))*"

  /// A message about a form, with the regular expression that describes it.
  static func expression(_ message: String, _ pattern: String, _ examples: [String]) -> String {
    let list = examples.map { "'\($0)'" }.joined(separator: ",  or ")
    return "\(message) (e.g. \(list), regex used for validation is '\(pattern)')"
  }

  private static func longerThan(_ maximum: Int, _ unit: String) -> String { "must be no more than \(maximum) \(unit)" }

  private static func tooLong(_ text: String, _ maximum: Int) -> [String] {
    text.utf8.count > maximum ? [longerThan(maximum, "characters")] : []
  }

  private static func isLower(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) }
  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
  private static func isLowerAlphanumeric(_ byte: UInt8) -> Bool { isLower(byte) || isDigit(byte) }
  private static func isAlphanumeric(_ byte: UInt8) -> Bool { isLower(byte | 0x20) || isDigit(byte) }

  private static func isLabel(_ text: Substring.UTF8View) -> Bool {
    guard let first = text.first, let last = text.last else { return false }
    return isLowerAlphanumeric(first) && isLowerAlphanumeric(last)
      && text.allSatisfy { isLowerAlphanumeric($0) || $0 == dash }
  }

  private static func isSubdomain(_ text: String) -> Bool {
    var rest = text.utf8[...]
    while let dot = rest.firstIndex(of: UInt8(ascii: ".")) {
      guard isLabel(rest[..<dot]) else { return false }
      rest = rest[rest.index(after: dot)...]
    }
    return isLabel(rest)
  }

  /// The name in a label's key, or a value that is not empty.
  private static func isLabelName(_ text: String) -> Bool { isLabelName(text.utf8[...]) }

  private static func isLabelName(_ text: Substring.UTF8View) -> Bool {
    guard let first = text.first, let last = text.last else { return false }
    return isAlphanumeric(first) && isAlphanumeric(last)
      && text.allSatisfy { isAlphanumeric($0) || $0 == dash || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".") }
  }

  private static func isLabelKey(_ text: String) -> Bool {
    var name = text.utf8[...]
    if let slash = name.firstIndex(of: UInt8(ascii: "/")) {
      let prefix = text[..<slash]
      guard prefix.utf8.count <= 253, isSubdomain(String(prefix)) else { return false }
      name = name[name.index(after: slash)...]
    }
    return name.count <= 63 && isLabelName(name)
  }
}
