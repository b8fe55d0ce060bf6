/// Writes JSON values as YAML, as Kubernetes answers `application/yaml`: keys sorted, blocks rather than brackets, lists
/// at the column of their key, and long texts folded at spaces.
public struct YAMLWriter: Sendable {
  /// Behind this column a text without line breaks is folded at the next space.
  private static let width = 80

  private var bytes: [UInt8] = []
  /// In characters, from 0.
  private var column = 0
  /// The block collections around the place; each below the first is two columns deeper.
  private var indent = 0

  private init() {}

  /// The document, with a line feed at its end.
  public static func bytes(of value: JSONValue) -> [UInt8] {
    var writer = YAMLWriter()
    switch value {
    case .object(let object) where !object.isEmpty: writer.write(object)
    case .array(let elements) where !elements.isEmpty: writer.write(elements)
    default:
      writer.indent = 2
      writer.writeInline(value)
      writer.breakLine()
    }
    return writer.bytes
  }

  // MARK: Collections

  /// Writes the members, each on its line; the first begins where the writer is.
  private mutating func write(_ object: JSONObject) {
    for (position, index) in YAMLKeyOrder.sorted(object).enumerated() {
      let (name, value) = object[index]
      if position > 0 { writeIndent() }
      guard Self.isSimpleKey(name) else {
        writePair(name, value)
        continue
      }
      writeText(name, isKey: true)
      put(":")
      switch value {
      case .object(let inner) where !inner.isEmpty:
        breakLine()
        indent += 2
        writeIndent()
        write(inner)
        indent -= 2
      case .array(let elements) where !elements.isEmpty:
        breakLine()
        writeIndent()
        write(elements)
      default:
        put(" ")
        indent += 2
        writeInline(value)
        indent -= 2
        breakLine()
      }
    }
  }

  /// Readers look for a key's colon on its line, and not far behind its beginning.
  private static func isSimpleKey(_ name: String) -> Bool {
    name.utf8.count <= 128 && !YAMLTextForm(name).hasBreak
  }

  /// Writes a member whose key is long or has lines behind a question mark, and its value behind a colon on the next line.
  private mutating func writePair(_ name: String, _ value: JSONValue) {
    put("? ")
    indent += 2
    writeText(name, isKey: false)
    breakLine()
    indent -= 2
    writeIndent()
    put(": ")
    indent += 2
    switch value {
    case .object(let inner) where !inner.isEmpty: write(inner)
    case .array(let inner) where !inner.isEmpty: write(inner)
    default:
      writeInline(value)
      breakLine()
    }
    indent -= 2
  }

  /// Writes the elements, each on its line; the first begins where the writer is.
  private mutating func write(_ elements: [JSONValue]) {
    for (position, element) in elements.enumerated() {
      if position > 0 { writeIndent() }
      put("- ")
      indent += 2
      switch element {
      case .object(let inner) where !inner.isEmpty: write(inner)
      case .array(let inner) where !inner.isEmpty: write(inner)
      default:
        writeInline(element)
        breakLine()
      }
      indent -= 2
    }
  }

  private mutating func writeInline(_ value: JSONValue) {
    switch value {
    case .null: put("null")
    case .bool(let flag): put(flag ? "true" : "false")
    case .integer(let number): put(String(number))
    case .double(let number): put(Self.spelled(number))
    case .string(let text): writeText(text, isKey: false)
    case .array: put("[]")
    case .object: put("{}")
    }
  }

  private static func spelled(_ number: Double) -> String {
    if number.isNaN { return ".nan" }
    if number.isInfinite { return number < 0 ? "-.inf" : ".inf" }
    // Kubernetes reads its JSON again, where whole numbers have no point.
    if let whole = Int64(exactly: number) { return String(whole) }
    if let whole = UInt64(exactly: number) { return String(whole) }
    return number.goDescription
  }

  // MARK: Texts

  private enum Style { case plain, single, double, literal }

  private mutating func writeText(_ text: String, isKey: Bool) {
    let form = YAMLTextForm(text)
    var style: Style
    if form.hasLineFeed {
      style = .literal
    } else if YAMLScalar.meaning(text) == .text, !(isKey && text == "<<"), !YAMLTextForm.isBase60(text) {
      style = .plain
    } else {
      style = .double
    }
    // Go writes breaks other than line feeds as they are, and reads some of them as something else.
    if form.hasBreak, !form.hasLineFeed { style = .double }
    if style == .plain, !form.allowsPlain || (isKey && text.isEmpty) { style = .single }
    if style == .single, !form.allowsSingle { style = .double }
    if style == .literal, !form.allowsBlock { style = .double }
    switch style {
    case .plain: writeFolded(text, isKey: isKey, quoted: false)
    case .single:
      put("'")
      writeFolded(text, isKey: isKey, quoted: true)
      put("'")
    case .double: writeDouble(text, isKey: isKey)
    case .literal: writeLiteral(text)
    }
  }

  /// Writes a text without line breaks; beyond the width it goes on in the next line where a single space stands.
  private mutating func writeFolded(_ text: String, isKey: Bool, quoted: Bool) {
    let scalars = Array(text.unicodeScalars)
    var followsSpace = false
    for (index, scalar) in scalars.enumerated() {
      if scalar == " " {
        let isInside = !quoted || (index > 0 && index < scalars.count - 1)
        let isSingle = !followsSpace && index + 1 < scalars.count && scalars[index + 1] != " "
        if !isKey, isInside, isSingle, column > Self.width {
          breakLine()
          writeIndent()
        } else {
          put(scalar)
        }
        followsSpace = true
      } else {
        if quoted, scalar == "'" { put(scalar) }
        put(scalar)
        followsSpace = false
      }
    }
  }

  private mutating func writeDouble(_ text: String, isKey: Bool) {
    put("\"")
    let scalars = Array(text.unicodeScalars)
    var followsSpace = false
    for (index, scalar) in scalars.enumerated() {
      if let escape = YAMLTextForm.escape(scalar) {
        put("\\\(escape)")
        followsSpace = false
      } else if scalar == " " {
        if !isKey, !followsSpace, column > Self.width, index > 0, index < scalars.count - 1 {
          breakLine()
          writeIndent()
          if scalars[index + 1] == " " { put("\\") }
        } else {
          put(scalar)
        }
        followsSpace = true
      } else {
        put(scalar)
        followsSpace = false
      }
    }
    put("\"")
  }

  /// Writes the lines as they are, below a bar.
  private mutating func writeLiteral(_ text: String) {
    put("|")
    let scalars = Array(text.unicodeScalars)
    if let first = scalars.first, first == " " || YAMLTextForm.isBreak(first) { put("2") }
    if let last = scalars.last {
      if !YAMLTextForm.isBreak(last) {
        put("-")
      } else if scalars.count == 1 || YAMLTextForm.isBreak(scalars[scalars.count - 2]) {
        put("+")
      }
    }
    breakLine()
    var begins = true
    for (index, scalar) in scalars.enumerated() {
      if YAMLTextForm.isBreak(scalar) {
        // The last break is the one that every value is followed by.
        if index < scalars.count - 1 { put(scalar) }
        if index < scalars.count - 1 { column = 0 }
        begins = true
      } else {
        if begins { writeIndent() }
        put(scalar)
        begins = false
      }
    }
  }

  // MARK: Output

  private mutating func put(_ text: String) {
    bytes += text.utf8
    column += text.unicodeScalars.count
  }

  private mutating func put(_ scalar: Unicode.Scalar) {
    bytes += Array(UTF8.encode(scalar)!)
    column += 1
  }

  private mutating func breakLine() {
    bytes.append(0x0A)
    column = 0
  }

  private mutating func writeIndent() {
    bytes += repeatElement(0x20, count: indent)
    column = indent
  }
}

extension JSONValue {
  /// The value as a YAML document; see `YAMLWriter`.
  public func yamlBytes() -> [UInt8] { YAMLWriter.bytes(of: self) }

  /// The value as a YAML document; see `YAMLWriter`.
  public func yamlText() -> String { String(decoding: yamlBytes(), as: UTF8.self) }
}
