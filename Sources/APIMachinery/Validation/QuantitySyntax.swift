/// The form of a resource quantity: a number and a suffix.
enum QuantitySyntax {
  static let pattern = "^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$"

  private static let suffixes: Set<String> = [
    "n", "u", "m", "", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei",
  ]

  /// What upstream says where the text is no quantity; nil where it is one.
  static func problem(_ untrimmed: String) -> String? {
    let wrong = "quantities must match the regular expression '\(pattern)'"
    var rest = untrimmed.utf8[...]
    while let space = rest.first, space == 0x20 || (0x09...0x0D).contains(space) { rest.removeFirst() }
    while let space = rest.last, space == 0x20 || (0x09...0x0D).contains(space) { rest.removeLast() }
    guard !rest.isEmpty else { return wrong }
    if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { rest.removeFirst() }
    rest = rest.drop { isDigit($0) }
    if rest.first == UInt8(ascii: ".") { rest = rest.dropFirst().drop { isDigit($0) } }
    let suffix = String(Substring(rest))
    var tail = rest.drop { "eEinumkKMGTP".utf8.contains($0) }
    if let sign = tail.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { tail.removeFirst() }
    guard tail.allSatisfy(isDigit) else { return wrong }
    if suffixes.contains(suffix) || isExponent(suffix) { return nil }
    return "unable to parse quantity's suffix"
  }

  private static func isExponent(_ suffix: String) -> Bool {
    guard let first = suffix.first, first == "e" || first == "E" else { return false }
    return Int32(suffix.dropFirst()) != nil
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
