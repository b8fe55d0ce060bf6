import OCI

/// A pattern of `docker images --filter reference=…`, as Go's `path.Match` reads it: `*` and `?` stop at slashes.
struct ReferencePattern {
  private let pattern: [Character]

  init(_ pattern: String) {
    self.pattern = Array(pattern)
  }

  /// True if the pattern fits the reference with or without its tag, in its short form or whole.
  func matches(_ reference: Reference) -> Bool {
    [reference.familiar, reference.familiarName, reference.description, reference.name].contains { name in
      Self.match(pattern[...], Array(name)[...])
    }
  }

  private static func match(_ pattern: ArraySlice<Character>, _ text: ArraySlice<Character>) -> Bool {
    guard let first = pattern.first else { return text.isEmpty }
    let rest = pattern.dropFirst()
    switch first {
    case "*":
      var text = text
      let next = rest.drop { $0 == "*" }
      while true {
        if match(next, text) { return true }
        guard let character = text.first, character != "/" else { return false }
        text.removeFirst()
      }
    case "?":
      guard let character = text.first, character != "/" else { return false }
      return match(rest, text.dropFirst())
    default:
      guard text.first == first else { return false }
      return match(rest, text.dropFirst())
    }
  }
}
