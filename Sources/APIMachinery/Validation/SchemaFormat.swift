/// The formats of strings that are checked; a schema may name others, which say nothing.
///
/// Dashes in a format's name do not count: `date-time` is `datetime`.
enum SchemaFormat: String, Sendable {
  case bsonobjectid, uri, email, hostname, ipv4, ipv6, cidr, mac, uuid, uuid3, uuid4, uuid5, isbn, isbn10, isbn13
  case creditcard, ssn, hexcolor, rgbcolor, byte, password, date, duration, datetime
  case shortName = "k8sshortname"
  case longName = "k8slongname"
  /// Of numbers: which range they are in.
  case int32, int64, float, double

  /// The format of a node, if it is one for the node's type.
  static func known(_ schema: Schema) -> SchemaFormat? {
    guard let name = schema.format else { return nil }
    switch schema.type {
    case .integer: return name == "int32" ? .int32 : name == "int64" ? .int64 : nil
    case .number: return name == "float" ? .float : name == "double" ? .double : nil
    case .string, .intOrString, .any, nil:
      guard let format = SchemaFormat(rawValue: name.filter { $0 != "-" }) else { return nil }
      switch format {
      case .int32, .int64, .float, .double: return nil
      default: return format
      }
    default: return nil
    }
  }

  func matches(_ text: String) -> Bool {
    switch self {
    case .bsonobjectid: text.utf8.count == 24 && text.utf8.allSatisfy(Self.isHexadecimal)
    case .uri: RequestURI.isValid(text)
    case .email: MailAddress.isValid(text)
    case .hostname: Self.isHostname(text)
    case .ipv4: text.contains(".") && InternetAddress.isAddress(text, allowsLeadingZeros: true)
    case .ipv6: text.contains(":") && InternetAddress.isAddress(text, allowsLeadingZeros: false)
    case .cidr: InternetAddress.isNetwork(text)
    case .mac: InternetAddress.isHardwareAddress(text)
    case .uuid: Patterns.uuid.matches(text)
    case .uuid3: Patterns.uuid3.matches(text)
    case .uuid4: Patterns.uuid4.matches(text)
    case .uuid5: Patterns.uuid5.matches(text)
    case .isbn: CheckedNumbers.isISBN10(text) || CheckedNumbers.isISBN13(text)
    case .isbn10: CheckedNumbers.isISBN10(text)
    case .isbn13: CheckedNumbers.isISBN13(text)
    case .creditcard: CheckedNumbers.isCreditCard(text)
    case .ssn: text.utf8.count == 11 && Patterns.ssn.matches(text)
    case .hexcolor: Patterns.hexcolor.matches(text)
    case .rgbcolor: Patterns.rgbcolor.matches(text)
    case .byte: !text.isEmpty && !text.utf8.contains { $0 == 0x0A || $0 == 0x0D } && Base64.invalidByte(text) == nil
    case .password: true
    case .date: GoTime.isDate(text)
    case .duration: Self.isDuration(text)
    case .datetime: Self.isDateTime(text)
    case .shortName: text.utf8.count <= 63 && Patterns.shortName.matches(text)
    case .longName: text.utf8.count <= 253 && Patterns.longName.matches(text)
    case .int32, .int64, .float, .double: true
    }
  }

  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x46, 0x61...0x66: true
    default: false
    }
  }

  private static func isHostname(_ text: String) -> Bool {
    text.utf8.count <= 255
      && text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { $0.utf8.count <= 63 }
      && Patterns.hostname.matches(text)
  }

  /// As Go reads durations, or amounts with units that are written out, such as `3 days`.
  private static func isDuration(_ text: String) -> Bool {
    if GoDuration.problem(text) == nil { return true }
    let units = [
      ["ns", "nano"], ["us", "µs", "micro"], ["ms", "milli"], ["s", "sec"], ["m", "min"], ["h", "hr", "hour"],
      ["d", "day"], ["w", "wk", "week"],
    ]
    for match in Patterns.amount.matches(in: text) {
      guard match.count > 2, let number = match[1], let name = match[2] else { continue }
      guard Int64(text[number]) != nil else { return false }
      let unit = text[name].lowercased()
      for variants in units where variants.contains(unit) || variants.last.map(unit.hasPrefix) == true { return true }
    }
    return false
  }

  private static func isDateTime(_ text: String) -> Bool {
    let parts = text.lowercased().split(separator: "t", omittingEmptySubsequences: false)
    guard text.utf8.count >= 4, parts.count >= 2, GoTime.isDate(String(parts[0])) else { return false }
    let time = String(parts[1])
    guard let match = Patterns.time.firstMatch(in: time) else { return false }
    let limits = ["23", "59", "59"]
    return zip(match.dropFirst(), limits).allSatisfy { range, limit in range.map { time[$0] <= limit } ?? false }
  }

  /// The formats that are patterns; those of upstream, as documented for `format`.
  private enum Patterns {
    static let uuid = pattern(#"(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$"#)
    static let uuid3 = pattern(#"(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?3[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}$"#)
    static let uuid4 = pattern(#"(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?4[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$"#)
    static let uuid5 = pattern(#"(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?5[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$"#)
    static let ssn = pattern(#"^\d{3}[- ]?\d{2}[- ]?\d{4}$"#)
    static let hexcolor = pattern("^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$")
    static let rgbcolor: RegularExpression = {
      let number = #"(0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])"#
      return pattern(#"^rgb\(\s*"# + [number, number, number].joined(separator: #"\s*,\s*"#) + #"\s*\)$"#)
    }()
    static let shortName = pattern("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")
    static let longName = pattern(#"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"#)
    static let amount = pattern(#"(\d+)\s*([A-Za-zµ]+)"#)
    static let time = pattern(#"^([0-9]{2}):([0-9]{2}):([0-9]{2})(?:.[0-9]+)?(?:z|(?:[+-][0-9]{2}:[0-9]{2}))$"#)
    /// One label of up to 64 characters, or several and a last one of letters alone.
    static let hostname: RegularExpression = {
      let character = #"[a-zA-Z0-9\p{S}\p{L}]"#
      let inner = #"[a-zA-Z0-9\-\p{S}\p{L}]"#
      let single = "\(character)(?:(?:-?\(character){0,62})?)"
      let label = "\(character)(?:\(inner){0,61}\(character))?"
      return pattern(#"^(?:\#(single)|(?:(?:\#(label))\.)+[a-zA-Z\p{L}]{2,63})$"#)
    }()

    private static func pattern(_ text: String) -> RegularExpression {
      do {
        return try RegularExpression(text)
      } catch {
        preconditionFailure("the pattern \(text) is not one: \(error)")
      }
    }
  }
}

/// Numbers that carry a digit by which a mistake is noticed.
private enum CheckedNumbers {
  private static func digits(_ text: String) -> [Int]? {
    var result: [Int] = []
    for byte in text.utf8 {
      guard (0x30...0x39).contains(byte) else { return nil }
      result.append(Int(byte - 0x30))
    }
    return result
  }

  private static func withoutSpaces(_ text: String) -> String { text.filter { !$0.isWhitespace && $0 != "-" } }

  static func isISBN10(_ text: String) -> Bool {
    let text = withoutSpaces(text)
    guard text.utf8.count == 10 else { return false }
    let isTen = text.hasSuffix("X")
    guard var digits = digits(isTen ? String(text.dropLast()) : text) else { return false }
    if isTen { digits.append(10) }
    return zip(digits, 1...).reduce(0) { $0 + $1.0 * $1.1 } % 11 == 0
  }

  static func isISBN13(_ text: String) -> Bool {
    guard let digits = digits(withoutSpaces(text)), digits.count == 13 else { return false }
    let sum = digits.dropLast().enumerated().reduce(0) { $0 + $1.element * ($1.offset % 2 == 0 ? 1 : 3) }
    return digits[12] == (10 - sum % 10) % 10
  }

  /// The issuer's prefix and length, and Luhn's sum.
  static func isCreditCard(_ text: String) -> Bool {
    let number = text.filter { $0.isASCII && $0.isNumber }
    guard let digits = digits(number) else { return false }
    let prefix = Int(number.prefix(4)) ?? 0
    let isKnown =
      switch digits.count {
      case 13: digits[0] == 4
      case 14: (3000...3059).contains(prefix) || (3600...3699).contains(prefix) || (3800...3899).contains(prefix)
      case 15:
        (3400...3499).contains(prefix) || (3700...3799).contains(prefix) || prefix == 2131 || prefix == 1800
      case 16:
        digits[0] == 4 || (5100...5599).contains(prefix) || prefix == 6011 || (6500...6599).contains(prefix)
          || (3500...3599).contains(prefix)
      default: false
      }
    guard isKnown else { return false }
    var sum = 0
    for (index, digit) in digits.reversed().enumerated() {
      let value = index % 2 == 1 ? digit * 2 : digit
      sum += value > 9 ? value - 9 : value
    }
    return sum % 10 == 0
  }
}
