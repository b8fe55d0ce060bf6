/// The path of a route: `/containers/{id}/json`, `/images/{name...}/json`.
///
/// `{name}` stands for one segment, `{name...}` for one or more (an image's name has slashes). A pattern has at most one
/// of the latter, so that a match has one reading.
struct RoutePattern {
  enum Part: Equatable {
    case literal(String)
    case parameter(String)
    case greedy(String)
  }

  let parts: [Part]

  /// Patterns are written in the program: a wrong one is a mistake in it and stops it at the start.
  init(_ pattern: String) {
    precondition(pattern.utf8.first == UInt8(ascii: "/"), "the route \(pattern) must start with a slash")
    parts = pattern.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map { part in
      guard part.first == "{", part.last == "}" else { return .literal(String(part)) }
      let name = part.dropFirst().dropLast()
      return name.hasSuffix("...") ? .greedy(String(name.dropLast(3))) : .parameter(String(name))
    }
    let greedy = parts.filter { if case .greedy = $0 { true } else { false } }
    precondition(greedy.count <= 1, "the route \(pattern) has more than one greedy parameter")
  }
}
