/// Finds the handler for a method and a path.
///
/// Where several routes fit, the one that is literal where the others are not wins, segment by segment from the left;
/// a route without the method gives way to one that has it. Built once, then only read.
public struct Router: Sendable {
  /// What a route may say beside its handler.
  public struct Options: Sendable {
    /// The most bytes of body that the handler gets to see; nil for the server's limit.
    public var bodyLimit: Int?

    public init(bodyLimit: Int? = nil) { self.bodyLimit = bodyLimit }
  }

  /// What a search found.
  public enum Match: Sendable {
    case found(Handler, Request.Parameters, Options)
    /// The path has routes, for these methods.
    case methodNotAllowed([Method])
    case notFound
  }

  private struct Entry {
    let handler: Handler
    let options: Options
    /// The names of the parameters in order; routes that share nodes may name them differently.
    let names: [String]
  }

  /// A node of the tree of segments; nodes lie in one array and name each other by index.
  private struct Node {
    var literals: [String: Int] = [:]
    var parameter: Int?
    var greedy: Int?
    var entries: [Method: Entry] = [:]
  }

  private var nodes = [Node()]
  private let headIsGet: Bool

  /// - Parameter headIsGet: a HEAD without a route of its own is served by that of GET.
  public init(headIsGet: Bool = true) { self.headIsGet = headIsGet }

  /// Adds a route.
  /// - Parameter pattern: see `RoutePattern`: `{name}` is one segment, `{name...}` one or more.
  public mutating func add(
    _ method: Method, _ pattern: String, options: Options = Options(), _ handler: @escaping Handler
  ) {
    var names: [String] = []
    var node = 0
    for part in RoutePattern(pattern).parts {
      switch part {
      case .literal(let text): node = child(of: node, \.literals[text])
      case .parameter(let name):
        names.append(name)
        node = child(of: node, \.parameter)
      case .greedy(let name):
        names.append(name)
        node = child(of: node, \.greedy)
      }
    }
    precondition(nodes[node].entries[method] == nil, "the route \(method) \(pattern) exists already")
    nodes[node].entries[method] = Entry(handler: handler, options: options, names: names)
  }

  public mutating func get(_ pattern: String, options: Options = Options(), _ handler: @escaping Handler) {
    add(.get, pattern, options: options, handler)
  }

  public mutating func post(_ pattern: String, options: Options = Options(), _ handler: @escaping Handler) {
    add(.post, pattern, options: options, handler)
  }

  public mutating func put(_ pattern: String, options: Options = Options(), _ handler: @escaping Handler) {
    add(.put, pattern, options: options, handler)
  }

  public mutating func delete(_ pattern: String, options: Options = Options(), _ handler: @escaping Handler) {
    add(.delete, pattern, options: options, handler)
  }

  public mutating func head(_ pattern: String, options: Options = Options(), _ handler: @escaping Handler) {
    add(.head, pattern, options: options, handler)
  }

  private mutating func child(of node: Int, _ slot: WritableKeyPath<Node, Int?>) -> Int {
    if let child = nodes[node][keyPath: slot] { return child }
    nodes.append(Node())
    nodes[node][keyPath: slot] = nodes.count - 1
    return nodes.count - 1
  }

  /// Finds the route for a method and decoded segments.
  public func match(_ method: Method, _ segments: [String]) -> Match {
    var search = Search(router: self, method: method, segments: segments)
    if let entry = search.run(0, 0) {
      var parameters = Request.Parameters()
      parameters.items = zip(entry.names, search.values).map {
        (name: $0, value: segments[$1].joined(separator: "/"))
      }
      return .found(entry.handler, parameters, entry.options)
    }
    if headIsGet, method == .head {
      let match = match(.get, segments)
      if case .found = match { return match }
    }
    return search.allowed.isEmpty ? .notFound : .methodNotAllowed(search.allowed)
  }

  /// The router as a handler.
  /// - Throws: `notFound` or `methodNotAllowed` (its message names the methods), for the caller's error renderer.
  @Sendable public func handle(_ request: Request) async throws -> Response {
    switch match(request.method, request.segments) {
    case .found(let handler, let parameters, let options):
      var request = request
      request.parameters = parameters
      if let limit = options.bodyLimit {
        if let length = request.body.declaredLength, length > limit { throw RequestBody.tooLarge(limit) }
        request.body.limit = limit
      }
      return try await handler(request)
    case .methodNotAllowed(let methods):
      let names = methods.map(\.rawValue).sorted().joined(separator: ", ")
      throw HTTPServiceError(
        .methodNotAllowed, "\(request.path) is served for \(names) only", headers: ["Allow": names])
    case .notFound: throw HTTPServiceError(.notFound, "page not found")
    }
  }

  /// One walk down the tree with its way back up.
  private struct Search {
    let router: Router
    let method: Method
    let segments: [String]
    /// Which segments each parameter stands for; joined only for the route that is found.
    var values: [Range<Int>] = []
    var allowed: [Method] = []

    mutating func run(_ node: Int, _ position: Int) -> Entry? {
      guard position < segments.count else {
        if let entry = router.nodes[node].entries[method] { return entry }
        for method in router.nodes[node].entries.keys where !allowed.contains(method) { allowed.append(method) }
        return nil
      }
      let segment = segments[position]
      if let next = router.nodes[node].literals[segment], let entry = run(next, position + 1) { return entry }
      if let next = router.nodes[node].parameter, !segment.isEmpty {
        values.append(position..<position + 1)
        if let entry = run(next, position + 1) { return entry }
        values.removeLast()
      }
      if let next = router.nodes[node].greedy {
        // The longest first: `/images/a/push/push` is the push of `a/push`.
        var end = segments.count
        while end > position {
          values.append(position..<end)
          if let entry = run(next, end) { return entry }
          values.removeLast()
          end -= 1
        }
      }
      return nil
    }
  }
}
