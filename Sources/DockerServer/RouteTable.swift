import HTTPService

/// Finds the endpoint for a method and a path.
///
/// A parameter takes as many segments as the rest of the pattern leaves, because image names have slashes:
/// `/images/{name}/json` matches `/images/localhost:5000/a/b/json`. Routes are tried in order.
struct RouteTable: Sendable {
  /// One route.
  struct Route: Sendable {
    let method: Method
    let pattern: [Part]
    let endpoint: Endpoint
  }

  /// One part of a pattern.
  enum Part: Sendable, Equatable {
    case literal(String)
    case parameter(String)
  }

  private var routes: [Route] = []

  /// Adds a route.
  mutating func add(_ method: Method, _ pattern: String, _ endpoint: @escaping Endpoint) {
    let parts = pattern.split(separator: "/").map { part -> Part in
      part.hasPrefix("{") ? .parameter(String(part.dropFirst().dropLast())) : .literal(String(part))
    }
    routes.append(Route(method: method, pattern: parts, endpoint: endpoint))
  }

  /// The first route that matches, and what its parameters stand for. A `HEAD` without a route of its own is answered as `GET`.
  func find(_ method: Method, _ segments: [String]) -> (endpoint: Endpoint, parameters: [String: String])? {
    // A slash at the end means nothing (`/networks/`).
    let segments = segments.last == "" ? segments.dropLast() : segments[...]
    for wanted in method == .head ? [method, .get] : [method] {
      for route in routes where route.method == wanted {
        if let parameters = Self.match(route.pattern[...], segments) { return (route.endpoint, parameters) }
      }
    }
    return nil
  }

  private static func match(_ pattern: ArraySlice<Part>, _ segments: ArraySlice<String>) -> [String: String]? {
    guard let first = pattern.first else { return segments.isEmpty ? [:] : nil }
    let rest = pattern.dropFirst()
    switch first {
    case .literal(let word):
      guard segments.first == word else { return nil }
      return match(rest, segments.dropFirst())
    case .parameter(let name):
      // Every remaining part needs a segment at least; with one parameter in a pattern the length is thus fixed.
      let count = segments.count - rest.count
      guard count >= 1, var found = match(rest, segments.dropFirst(count)) else { return nil }
      found[name] = segments.prefix(count).joined(separator: "/")
      return found
    }
  }
}
