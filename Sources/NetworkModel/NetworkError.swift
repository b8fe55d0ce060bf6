/// What went wrong with a network, endpoint or sandbox: which object, and what to do.
public struct NetworkError: Error, Sendable, CustomStringConvertible {
  /// The class of an error, which a door turns into its own status.
  public struct Code: Sendable, Hashable {
    private enum Value { case invalid, notFound, conflict, forbidden, exhausted, unavailable, failed }
    private let value: Value
    /// The request makes no sense as it is (400).
    public static let invalid = Code(value: .invalid)
    /// There is no such object (404).
    public static let notFound = Code(value: .notFound)
    /// The name, address or port is taken (409).
    public static let conflict = Code(value: .conflict)
    /// The object is there, but this must not be done to it (403).
    public static let forbidden = Code(value: .forbidden)
    /// No address, subnet or port is left.
    public static let exhausted = Code(value: .exhausted)
    /// This host cannot do it.
    public static let unavailable = Code(value: .unavailable)
    /// Something of the host refused; `cause` tells what.
    public static let failed = Code(value: .failed)
  }
  public let code: Code
  public let message: String
  public let cause: (any Error)?

  public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  public var description: String { message }
}

/// Collects the errors of a teardown, which goes on after each of them.
public struct ErrorList: Sendable {
  public private(set) var errors: [any Error] = []

  public init() {}

  public var isEmpty: Bool { errors.isEmpty }

  public mutating func append(_ error: any Error) { errors.append(error) }

  /// Runs one step and keeps its error.
  public mutating func attempt(_ step: () throws -> Void) {
    do { try step() } catch { errors.append(error) }
  }

  /// Throws one error that names all of them; nothing when all steps went well.
  public func throwIfAny(_ what: String) throws(NetworkError) {
    guard let first = errors.first else { return }
    let text = errors.map { "\($0)" }.joined(separator: "; ")
    throw NetworkError(.failed, "\(what): \(text)", cause: first)
  }
}
