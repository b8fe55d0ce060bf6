/// One request, as handlers and middleware see it. A value: middleware hands on a changed copy.
public struct Request: Sendable {
  public var method: Method
  /// The path that the router matches, in decoded segments. Middleware that strips a prefix changes this one.
  public var segments: [String]
  public let target: RequestTarget
  public var headers: Headers
  public var body: RequestBody
  /// The path parameters of the route, decoded.
  public var parameters: Parameters
  public let connection: ConnectionInfo
  /// The protocols that the client offers to switch to (`Upgrade`), lower case; empty for a plain request.
  public let upgrade: [String]
  /// What middleware has found out and handlers want to know.
  public var storage = Storage()

  /// A request made by hand, for tests and inside the process.
  /// - Parameter target: path and query as they stand on the request line.
  public init(
    _ method: Method, _ target: String, headers: Headers = Headers(), body: [UInt8] = [],
    connection: ConnectionInfo = ConnectionInfo(listener: "", peer: .local)
  ) throws(HTTPServiceError) {
    self.init(
      method: method, target: try RequestTarget(target), headers: headers, body: RequestBody(body),
      connection: connection, upgrade: [])
  }

  init(
    method: Method, target: RequestTarget, headers: Headers, body: RequestBody, connection: ConnectionInfo,
    upgrade: [String]
  ) {
    self.method = method
    self.segments = target.segments
    self.target = target
    self.headers = headers
    self.body = body
    self.parameters = Parameters()
    self.connection = connection
    self.upgrade = upgrade
  }

  public var query: Query { target.query }

  /// The decoded path that the router matches.
  public var path: String { "/" + segments.joined(separator: "/") }

  /// The path parameters of a route; few, so a search beats a table.
  public struct Parameters: Sendable, Equatable {
    var items: [(name: String, value: String)] = []

    public init() {}

    public subscript(name: String) -> String? { items.first { $0.name == name }?.value }

    public static func == (a: Self, b: Self) -> Bool { a.items.elementsEqual(b.items, by: ==) }
  }

  /// Typed values by key.
  public struct Storage: Sendable {
    private var values: [ObjectIdentifier: any Sendable] = [:]

    public init() {}

    public subscript<Key: StorageKey>(key: Key.Type) -> Key.Value? {
      get { values[ObjectIdentifier(key)] as? Key.Value }
      set { values[ObjectIdentifier(key)] = newValue }
    }
  }
}

/// Names one value of a request's storage: `enum APIVersion: StorageKey { typealias Value = Int }`.
public protocol StorageKey {
  associatedtype Value: Sendable
}
