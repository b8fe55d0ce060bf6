/// The named classes of RE2's syntax.
enum ScalarClass {
  static let digit = ScalarSet([0x30...0x39])
  static let space = ScalarSet([0x09...0x0A, 0x0C...0x0D, 0x20...0x20])
  static let word = ScalarSet([0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
  static let any = ScalarSet([0...ScalarSet.last])
  static let anyButNewline = ScalarSet([0x0A...0x0A]).inverted

  /// `\d` and its like; nil where the letter names none.
  static func perl(_ letter: Unicode.Scalar) -> ScalarSet? {
    switch letter {
    case "d": digit
    case "D": digit.inverted
    case "s": space
    case "S": space.inverted
    case "w": word
    case "W": word.inverted
    default: nil
    }
  }

  /// `[:alpha:]` and its like, by the name between the colons.
  static func posix(_ name: String) -> ScalarSet? {
    switch name {
    case "alnum": ScalarSet([0x30...0x39, 0x41...0x5A, 0x61...0x7A])
    case "alpha": ScalarSet([0x41...0x5A, 0x61...0x7A])
    case "ascii": ScalarSet([0x00...0x7F])
    case "blank": ScalarSet([0x09...0x09, 0x20...0x20])
    case "cntrl": ScalarSet([0x00...0x1F, 0x7F...0x7F])
    case "digit": digit
    case "graph": ScalarSet([0x21...0x7E])
    case "lower": ScalarSet([0x61...0x7A])
    case "print": ScalarSet([0x20...0x7E])
    case "punct": ScalarSet([0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E])
    case "space": ScalarSet([0x09...0x0D, 0x20...0x20])
    case "upper": ScalarSet([0x41...0x5A])
    case "word": word
    case "xdigit": ScalarSet([0x30...0x39, 0x41...0x46, 0x61...0x66])
    default: nil
    }
  }

  /// `\p{L}` and its like: general categories, and scripts by their names.
  static func unicode(_ name: String) -> ScalarSet? {
    if name == "Any" { return any }
    if let categories = categories(name) { return GeneralCategories.set(of: categories) }
    return Scripts.set(of: name)
  }

  private static func categories(_ name: String) -> [Unicode.GeneralCategory]? {
    switch name {
    case "L": [.uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter]
    case "Lu": [.uppercaseLetter]
    case "Ll": [.lowercaseLetter]
    case "Lt": [.titlecaseLetter]
    case "Lm": [.modifierLetter]
    case "Lo": [.otherLetter]
    case "M": [.nonspacingMark, .spacingMark, .enclosingMark]
    case "Mn": [.nonspacingMark]
    case "Mc": [.spacingMark]
    case "Me": [.enclosingMark]
    case "N": [.decimalNumber, .letterNumber, .otherNumber]
    case "Nd": [.decimalNumber]
    case "Nl": [.letterNumber]
    case "No": [.otherNumber]
    case "P":
      [
        .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
        .finalPunctuation, .otherPunctuation,
      ]
    case "Pc": [.connectorPunctuation]
    case "Pd": [.dashPunctuation]
    case "Ps": [.openPunctuation]
    case "Pe": [.closePunctuation]
    case "Pi": [.initialPunctuation]
    case "Pf": [.finalPunctuation]
    case "Po": [.otherPunctuation]
    case "S": [.mathSymbol, .currencySymbol, .modifierSymbol, .otherSymbol]
    case "Sm": [.mathSymbol]
    case "Sc": [.currencySymbol]
    case "Sk": [.modifierSymbol]
    case "So": [.otherSymbol]
    case "Z": [.spaceSeparator, .lineSeparator, .paragraphSeparator]
    case "Zs": [.spaceSeparator]
    case "Zl": [.lineSeparator]
    case "Zp": [.paragraphSeparator]
    case "C": [.control, .format, .surrogate, .privateUse]
    case "Cc": [.control]
    case "Cf": [.format]
    case "Cs": [.surrogate]
    case "Co": [.privateUse]
    default: nil
    }
  }
}

/// The scalars of each general category, gathered when a pattern first asks for one.
private enum GeneralCategories {
  private static let ranges: [Unicode.GeneralCategory: [ClosedRange<UInt32>]] = {
    var result: [Unicode.GeneralCategory: [ClosedRange<UInt32>]] = [:]
    var start: UInt32 = 0
    var current = Unicode.GeneralCategory.control
    func close(before end: UInt32) { result[current, default: []].append(start...(end - 1)) }
    for value in 0...ScalarSet.last {
      let category = Unicode.Scalar(value)?.properties.generalCategory ?? .surrogate
      guard category != current else { continue }
      close(before: value)
      start = value
      current = category
    }
    close(before: ScalarSet.last + 1)
    return result
  }()

  static func set(of categories: [Unicode.GeneralCategory]) -> ScalarSet {
    ScalarSet(categories.flatMap { ranges[$0] ?? [] })
  }
}
