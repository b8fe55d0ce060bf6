/// Names that begin with whose they are: `example.org/role`.
public enum DomainPrefixedPath {
  private static let others = Set("/-._~%!$&'()*+,;=:".utf8)

  /// What is wrong with a name.
  public static func errors(of text: String, _ path: FieldPath) -> [FieldError] {
    guard !text.isEmpty else { return [.required(path)] }
    guard let slash = text.firstIndex(of: "/"), slash != text.startIndex,
      case let rest = text[text.index(after: slash)...], !rest.isEmpty
    else {
      return [.invalid(path, .string(text), #"must be a domain-prefixed path (such as "acme.io/foo")"#)]
    }
    let host = String(text[..<slash])
    var errors = NameRules.dns1123Subdomain(host).map { FieldError.invalid(path, .string(host), $0) }
    let isPath = rest.utf8.allSatisfy {
      (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || others.contains($0)
    }
    if !isPath {
      errors.append(
        .invalid(
          path, .string(String(rest)),
          #"Invalid path (regex used for validation is '[A-Za-z0-9/\-._~%!$&'()*+,;=:]+')"#))
    }
    return errors
  }
}
