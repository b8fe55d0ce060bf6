import APIMachinery

/// What pools, attributes and capacities of devices may be called.
enum DeviceNameRules {
  /// Names of hosts with slashes between them.
  static func pool(_ name: String, _ path: FieldPath, _ findings: inout Findings) {
    if name.isEmpty { return findings.required(path) }
    if name.utf8.count > 253 { findings.add(.tooLong(path, maximumBytes: 253)) }
    for part in name.split(separator: "/", omittingEmptySubsequences: false) {
      findings.invalid(path, .string(String(part)), NameRules.dns1123Subdomain(String(part)))
    }
  }

  /// An identifier as C has them, also with a domain before it.
  static func qualified(_ name: String, _ path: FieldPath, _ findings: inout Findings) {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false).map { String($0) }
    switch parts.count {
    case 1: identifier(parts[0], path, &findings)
    case 2:
      if parts[0].isEmpty {
        findings.invalid(path, "", "the domain must not be empty")
      } else {
        StorageValidation.driverName(parts[0], path, &findings)
      }
      if parts[1].isEmpty {
        findings.invalid(path, "", "the name must not be empty")
      } else {
        identifier(parts[1], path, &findings)
      }
    default: break  // Let through, as upstream has it.
    }
  }

  /// A name as a path shows it, without its middle where it is longer than one can be.
  static func shown(_ name: String) -> String {
    let (bytes, longest) = (Array(name.utf8), 63 + 1 + 32)
    guard bytes.count > longest else { return name }
    let kept = longest - 3
    return String(decoding: bytes.prefix((kept + 1) / 2), as: UTF8.self) + "..."
      + String(decoding: bytes.suffix(kept / 2), as: UTF8.self)
  }

  /// The same with the domain.
  static func fullyQualified(_ name: String, _ path: FieldPath, _ findings: inout Findings) {
    qualified(name, path, &findings)
    if !name.utf8.contains(UInt8(ascii: "/")) {
      findings.invalid(
        path, .string(name), "a fully qualified name must be a domain and a name separated by a slash")
    }
  }

  private static func identifier(_ name: String, _ path: FieldPath, _ findings: inout Findings) {
    if name.utf8.count > 32 { findings.add(.tooLong(path, maximumBytes: 32)) }
    let isIdentifier =
      name.utf8.allSatisfy { isDigit($0) || isLetter($0) } && (name.utf8.first.map { !isDigit($0) } ?? false)
    if !isIdentifier { findings.invalid(path, .string(name), identifierRule) }
  }

  private static let identifierRule =
    "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName', regex used for validation is '[A-Za-z_][A-Za-z0-9_]*')"

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
  private static func isLetter(_ byte: UInt8) -> Bool {
    (0x61...0x7A).contains(byte | 0x20) || byte == UInt8(ascii: "_")
  }
}
