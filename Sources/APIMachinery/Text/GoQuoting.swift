extension String {
  /// The string between quotation marks as Go's `%q` shows it: Kubernetes' messages are made with it.
  public var goQuoted: String {
    var quoted = "\""
    for scalar in unicodeScalars {
      if let escape = scalar.goEscape {
        quoted += escape
        continue
      }
      switch scalar {
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
  /// Two characters that stand for this one between quotation marks in Go; nil where Go has none.
  var goEscape: String? {
    switch self {
    case "\"": "\\\""
    case "\\": "\\\\"
    case "\u{7}": "\\a"
    case "\u{8}": "\\b"
    case "\u{C}": "\\f"
    case "\n": "\\n"
    case "\r": "\\r"
    case "\t": "\\t"
    case "\u{B}": "\\v"
    default: nil
    }
  }

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
