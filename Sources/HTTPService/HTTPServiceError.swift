/// What went wrong while serving HTTP: which kind, on what and what to do, and what caused it.
public struct HTTPServiceError: Error, Sendable, CustomStringConvertible {
  /// The kind of failure. A struct around a hidden enum, so that kinds can be added without breaking a switch.
  public struct Code: Sendable, Hashable {
    enum Kind: Hashable {
      case badRequest, headerTooLarge, bodyTooLarge, notFound, methodNotAllowed, unsupported, connectionClosed, listen,
        tls, webSocket, misuse, internalFailure
    }
    let kind: Kind
    /// The request does not follow HTTP (RFC 9112) or its target does not decode: 400.
    public static let badRequest = Code(kind: .badRequest)
    /// The request line and the header together pass the limit: 431.
    public static let headerTooLarge = Code(kind: .headerTooLarge)
    /// The body passes the limit of its route: 413.
    public static let bodyTooLarge = Code(kind: .bodyTooLarge)
    /// No route has this path: 404.
    public static let notFound = Code(kind: .notFound)
    /// A route has this path, but not for this method: 405.
    public static let methodNotAllowed = Code(kind: .methodNotAllowed)
    /// A transfer coding, an expectation or a version that is not served: 501, 417 or 505.
    public static let unsupported = Code(kind: .unsupported)
    /// The peer went away, or the server closed the connection.
    public static let connectionClosed = Code(kind: .connectionClosed)
    /// A listener could not be opened.
    public static let listen = Code(kind: .listen)
    /// A certificate, a key or a bundle of authorities that cannot be used.
    public static let tls = Code(kind: .tls)
    /// The peer broke RFC 6455 or a limit of ours.
    public static let webSocket = Code(kind: .webSocket)
    /// The handler broke the contract of a response: it wrote more than it promised, or after the end.
    public static let misuse = Code(kind: .misuse)
    /// The handler failed with an error that has no better name: 500.
    public static let internalFailure = Code(kind: .internalFailure)
  }

  public let code: Code
  /// One sentence for a person.
  public let message: String
  public let cause: (any Error)?
  /// The status that answers a request which failed so.
  public let status: Status
  /// Fields that the answer has besides, whoever renders it (`Allow`).
  public let headers: Headers

  public init(
    _ code: Code, _ message: String, status: Status? = nil, headers: Headers = Headers(), cause: (any Error)? = nil
  ) {
    self.code = code
    self.message = message
    self.cause = cause
    self.headers = headers
    self.status = status ?? code.status
  }

  public var description: String {
    if let cause { return "\(message): \(cause)" }
    return message
  }

  static func badRequest(_ message: String) -> HTTPServiceError { .init(.badRequest, message) }

  static let closed = HTTPServiceError(.connectionClosed, "the connection is closed")
}

extension HTTPServiceError.Code {
  var status: Status {
    switch kind {
    case .badRequest: .badRequest
    case .headerTooLarge: .requestHeaderFieldsTooLarge
    case .bodyTooLarge: .contentTooLarge
    case .notFound: .notFound
    case .methodNotAllowed: .methodNotAllowed
    case .unsupported: .notImplemented
    case .connectionClosed, .listen, .tls, .webSocket, .misuse, .internalFailure: .internalServerError
    }
  }
}
