/// Which values fields of an object must have, or must not: the parameter `fieldSelector`.
public struct FieldSelector: Sendable, Hashable {
  /// One condition on a field.
  public struct Term: Sendable, Hashable, CustomStringConvertible {
    /// The path of the field: `spec.nodeName`.
    public let field: String
    /// Whether the field must differ from the value.
    public let isNegated: Bool
    public let value: String

    public init(_ field: String, isNegated: Bool = false, _ value: String) {
      self.field = field
      self.isNegated = isNegated
      self.value = value
    }

    public var description: String { "\(field)\(isNegated ? "!=" : "=")\(FieldSelector.escape(value))" }
  }

  public let terms: [Term]

  public init(_ terms: [Term]) { self.terms = terms }

  public static let everything = FieldSelector([])

  public var selectsEverything: Bool { terms.isEmpty }

  /// - Parameter value: the text of a field; empty where the object has none.
  public func matches(_ value: (String) -> String) -> Bool {
    terms.allSatisfy { (value($0.field) == $0.value) != $0.isNegated }
  }

  /// The value that a field must have.
  public func exactValue(of field: String) -> String? { terms.first { $0.field == field && !$0.isNegated }?.value }

  /// The same selector, where a kind can be selected by each of its fields.
  /// - Parameter refusal: what is said of a field by which it cannot be selected.
  /// - Throws: a `badRequest` that names the first one.
  public func checked(
    supports: (String) -> Bool, refusal: (String) -> String = { "field label not supported: \($0)" }
  ) throws(StatusError) -> FieldSelector {
    for term in terms where !supports(term.field) { throw .badRequest(refusal(term.field)) }
    return self
  }

  /// The same selector, for a kind that can be selected by name and namespace only.
  public func checkedForMetadata() throws(StatusError) -> FieldSelector {
    for term in terms where term.field != "metadata.name" && term.field != "metadata.namespace" {
      throw .badRequest(
        "\(term.field.goQuoted) is not a known field selector: only \"metadata.name\", \"metadata.namespace\"")
    }
    return self
  }
}

extension FieldSelector: CustomStringConvertible {
  public var description: String { terms.map(\.description).joined(separator: ",") }
}

extension FieldSelector {
  /// A value as it stands in a selector: backslashes, commas and equals signs behind a backslash.
  public static func escape(_ value: String) -> String {
    var escaped = ""
    for character in value.unicodeScalars {
      if character == "\\" || character == "," || character == "=" { escaped += "\\" }
      escaped.unicodeScalars.append(character)
    }
    return escaped
  }

  /// Reads the text of the parameter `fieldSelector`: `metadata.name=a,status.phase!=Running`. An empty text selects
  /// everything.
  /// - Throws: a `badRequest` in the words of Kubernetes' parser.
  public static func parse(_ text: String) throws(StatusError) -> FieldSelector {
    var terms: [Term] = []
    for part in split(text).sorted() where !part.isEmpty {
      guard let (field, operation, value) = split(term: part) else {
        throw .badRequest("invalid selector: '\(text)'; can't understand '\(part)'")
      }
      let plain = try unescape(value)
      // A term without both says nothing.
      if field.isEmpty, plain.isEmpty { continue }
      terms.append(Term(field, isNegated: operation == "!=", plain))
    }
    return FieldSelector(terms)
  }

  /// The terms between commas that no backslash stands before.
  private static func split(_ text: String) -> [String] {
    var parts: [String] = []
    var current = ""
    var isEscaped = false
    for scalar in text.unicodeScalars {
      if !isEscaped, scalar == "," {
        parts.append(current)
        current = ""
        continue
      }
      isEscaped = !isEscaped && scalar == "\\"
      current.unicodeScalars.append(scalar)
    }
    return parts + [current]
  }

  private static func split(term: String) -> (field: String, operation: String, value: String)? {
    let scalars = term.unicodeScalars
    for index in scalars.indices {
      for operation in ["!=", "==", "="] where scalars[index...].starts(with: operation.unicodeScalars) {
        let end = scalars.index(index, offsetBy: operation.unicodeScalars.count)
        return (String(scalars[..<index]), operation, String(scalars[end...]))
      }
    }
    return nil
  }

  private static func unescape(_ value: String) throws(StatusError) -> String {
    var plain = ""
    var isEscaped = false
    for scalar in value.unicodeScalars {
      let isSpecial = scalar == "\\" || scalar == "," || scalar == "="
      if isEscaped {
        guard isSpecial else {
          throw .badRequest("invalid field selector: invalid escape sequence: \\\(Character(scalar))")
        }
        isEscaped = false
      } else if scalar == "\\" {
        isEscaped = true
        continue
      } else if isSpecial {
        // Go shows the character's number.
        throw .badRequest("invalid field selector: unescaped character in value: \(scalar.value)")
      }
      plain.unicodeScalars.append(scalar)
    }
    if isEscaped { throw .badRequest("invalid field selector: invalid escape sequence: \\") }
    return plain
  }
}
