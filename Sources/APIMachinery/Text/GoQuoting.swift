extension String {
  /// The string between quotation marks as Go's `%q` shows it: Kubernetes' messages are made with it.
  public var goQuoted: String {
    var quoted = "\""
    for scalar in unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\u{7}": quoted += "\\a"
      case "\u{8}": quoted += "\\b"
      case "\u{C}": quoted += "\\f"
      case "\n": quoted += "\\n"
      case "\r": quoted += "\\r"
      case "\t": quoted += "\\t"
      case "\u{B}": quoted += "\\v"
      case _ where scalar.isGoPrintable: quoted.unicodeScalars.append(scalar)
      case _ where scalar.value < 0x80: quoted += "\\x" + Self.hexadecimal(scalar.value, digits: 2)
      case _ where scalar.value < 0x10000:
        quoted += "\\u" + Self.hexadecimal(scalar.value, digits: 4)
      default: quoted += "\\U" + Self.hexadecimal(scalar.value, digits: 8)
      }
    }
    return quoted + "\""
  }

  private static func hexadecimal(_ value: UInt32, digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: digits - text.utf8.count) + text
  }
}

extension Unicode.Scalar {
  /// Whether Go prints the character as it is: letters, marks, numbers, punctuation, symbols and the plain space.
  public var isGoPrintable: Bool {
    if isASCII { return (0x20..<0x7F).contains(value) }
    return switch properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
      .paragraphSeparator, .spaceSeparator:
      false
    default: true
    }
  }
}
