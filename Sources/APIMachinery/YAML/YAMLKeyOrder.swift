/// The order of keys in YAML that Kubernetes writes: by letters, with numbers in them by their size, and other characters
/// before letters.
enum YAMLKeyOrder {
  /// The positions of an object's members in that order.
  static func sorted(_ object: JSONObject) -> [Int] {
    let keys = object.map { Array($0.name.unicodeScalars) }
    return object.indices.sorted { precedes(keys[$0], keys[$1]) }
  }

  private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return (0x61...0x7A).contains(scalar.value | 0x20) }
    return switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
    default: false
    }
  }

  private static func digit(_ scalar: Unicode.Scalar) -> Int64? {
    scalar.properties.generalCategory == .decimalNumber ? Int64(scalar.value) - 0x30 : nil
  }

  static func precedes(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Bool {
    for index in 0..<min(a.count, b.count) where a[index] != b[index] {
      let (aIsLetter, bIsLetter) = (isLetter(a[index]), isLetter(b[index]))
      if aIsLetter, bIsLetter { return a[index] < b[index] }
      if aIsLetter || bIsLetter { return bIsLetter }
      var start: Int64 = 0
      if a[index] == "0" || b[index] == "0" {
        // Zeros within a number count; before one they do not.
        var before = index - 1
        while before >= 0, let digit = digit(a[before]) {
          if digit != 0 {
            start = 1
            break
          }
          before -= 1
        }
      }
      let (aNumber, aEnd) = number(a, index, start)
      let (bNumber, bEnd) = number(b, index, start)
      if aNumber != bNumber { return aNumber < bNumber }
      if aEnd != bEnd { return aEnd < bEnd }
      return a[index] < b[index]
    }
    return a.count < b.count
  }

  private static func number(_ key: [Unicode.Scalar], _ start: Int, _ value: Int64) -> (value: Int64, end: Int) {
    var value = value
    var end = start
    while end < key.count, let digit = digit(key[end]) {
      value = value &* 10 &+ digit
      end += 1
    }
    return (value, end)
  }
}
