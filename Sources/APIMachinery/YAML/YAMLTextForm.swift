/// In which styles a text can be written so that it is read as the same (libyaml's rules for block context).
struct YAMLTextForm {
  private(set) var hasLineFeed = false
  private(set) var hasBreak = false
  private(set) var allowsPlain = true
  private(set) var allowsSingle = true
  private(set) var allowsBlock = true

  init(_ text: String) {
    guard !text.isEmpty else {
      allowsBlock = false
      return
    }
    if text.hasPrefix("---") || text.hasPrefix("...") { allowsPlain = false }
    let scalars = Array(text.unicodeScalars)
    var previous: Unicode.Scalar?
    for (index, scalar) in scalars.enumerated() {
      let next = index + 1 < scalars.count ? scalars[index + 1] : nil
      let isLast = next == nil
      let precedesSpace = next.map { $0 == " " || $0 == "\t" } ?? true
      if Self.isIndicator(scalar, after: previous, precedesSpace: precedesSpace) { allowsPlain = false }
      if !Self.isPrintable(scalar) { allowNothing() }
      if scalar == " " {
        if index == 0 || isLast { allowsPlain = false }
        if isLast { allowsBlock = false }
        if let previous, Self.isBreak(previous) {
          allowsPlain = false
          allowsSingle = false
        }
      } else if Self.isBreak(scalar) {
        hasBreak = true
        if scalar == "\n" { hasLineFeed = true }
        allowsPlain = false
        if previous == " " { allowNothing() }
      }
      previous = scalar
    }
  }

  private mutating func allowNothing() {
    allowsPlain = false
    allowsSingle = false
    allowsBlock = false
  }

  /// Whether a character means something where it stands.
  private static func isIndicator(
    _ scalar: Unicode.Scalar, after previous: Unicode.Scalar?, precedesSpace: Bool
  ) -> Bool {
    guard let previous else {
      return switch scalar {
      case "?", ":", "-": precedesSpace
      default: "#,[]{}&*!|>'\"%@`".unicodeScalars.contains(scalar)
      }
    }
    return switch scalar {
    case ":": precedesSpace
    case "#": previous == " " || previous == "\t" || isBreak(previous)
    default: false
    }
  }

  static func isBreak(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "\n" || scalar == "\r" || scalar == "\u{85}" || scalar == "\u{2028}" || scalar == "\u{2029}"
  }

  private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x0A, 0x20...0x7E, 0xA0...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD: true
    // As in Go's package, which writes characters beyond the first plane as escapes.
    default: false
    }
  }

  /// What stands behind a backslash for a character that is not written as it is; nil where it is.
  static func escape(_ scalar: Unicode.Scalar) -> String? {
    switch scalar {
    case "\u{0}": return "0"
    case "\u{7}": return "a"
    case "\u{8}": return "b"
    case "\t": return "t"
    case "\n": return "n"
    case "\u{B}": return "v"
    case "\u{C}": return "f"
    case "\r": return "r"
    case "\u{1B}": return "e"
    case "\"": return "\""
    case "\\": return "\\"
    case "\u{85}": return "N"
    case "\u{2028}": return "L"
    case "\u{2029}": return "P"
    case _ where isPrintable(scalar): return nil
    default:
      let digits = String(scalar.value, radix: 16, uppercase: true)
      let (letter, width) = scalar.value <= 0xFF ? ("x", 2) : scalar.value <= 0xFFFF ? ("u", 4) : ("U", 8)
      return letter + String(repeating: "0", count: width - digits.count) + digits
    }
  }

  /// A number in base 60, such as `1:30`, which some readers take for one.
  static func isBase60(_ text: String) -> Bool {
    guard let first = text.utf8.first, "+-0123456789".utf8.contains(first), text.utf8.contains(UInt8(ascii: ":"))
    else { return false }
    return text.wholeMatch(of: /[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?/) != nil
  }
}
