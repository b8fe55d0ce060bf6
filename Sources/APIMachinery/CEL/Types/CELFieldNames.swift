/// How expressions write the names of fields that are no identifiers of the language (Kubernetes, "Validation rules").
public enum CELFieldNames {
  private static let keywords: Set<String> = [
    "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let",
    "loop", "package", "namespace", "return", "var", "void", "while",
  ]

  /// How a field whose name is a word of the language is written where it is no such word; nil where the name is none.
  static func escapedKeyword(_ name: String) -> String? { keywords.contains(name) ? "__\(name)__" : nil }

  /// The name in expressions: `a.b` is `a__dot__b`; nil where no expression can name the field.
  public static func escape(_ name: String) -> String? {
    guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return nil }
    if keywords.contains(name) { return "__\(name)__" }
    var text = ""
    var rest = Substring(name)
    while let character = rest.unicodeScalars.first {
      switch character {
      case "a"..."z", "A"..."Z", "0"..."9": text.unicodeScalars.append(character)
      case "_":
        if rest.hasPrefix("__") {
          text += "__underscores__"
          rest = rest.dropFirst()
        } else {
          text += "_"
        }
      case ".": text += "__dot__"
      case "-": text += "__dash__"
      case "/": text += "__slash__"
      default: return nil
      }
      rest = rest.dropFirst()
    }
    return text
  }
}
