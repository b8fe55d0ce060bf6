import ContainerEngine
import DockerAPI
import HTTPService
import ImageStore
import OCI

/// From an error to Docker's status and message.
enum ErrorAnswer {
  /// Status and message for an error of any layer.
  static func describe(_ error: any Error) -> (status: Status, message: String) {
    switch error {
    case let error as EngineError: (status(error.code), error.message)
    case let error as ImageStoreError: (status(error.code), error.message)
    case let error as QueryError: (.badRequest, error.message)
    case let error as JSONError: (.badRequest, error.message)
    case let error as ReferenceError: (.badRequest, error.message)
    case let error as RefusedError: (error.status, error.message)
    // A path with another method is as unknown to Docker as a path without any.
    case let error as HTTPServiceError where error.code == .methodNotAllowed: (.notFound, "page not found")
    case let error as HTTPServiceError: (error.status, error.message)
    case is CancellationError: (.internalServerError, "context canceled")
    default: (.internalServerError, "\(error)")
    }
  }

  /// The whole answer: `{"message": …}`.
  static func response(_ error: any Error) -> Response {
    let (status, message) = describe(error)
    if status == .notModified { return Response(.notModified) }
    return .json(ErrorResponse(message: message), status)
  }

  private static func status(_ code: EngineError.Code) -> Status {
    switch code {
    case .invalidParameter: .badRequest
    case .notFound: .notFound
    case .conflict: .conflict
    case .notModified: .notModified
    case .forbidden: .forbidden
    case .unauthorized: .unauthorized
    case .unavailable: .serviceUnavailable
    case .notImplemented: .notImplemented
    default: .internalServerError
    }
  }

  private static func status(_ code: ImageStoreError.Code) -> Status {
    switch code {
    case .notFound, .denied: .notFound
    case .invalid: .badRequest
    case .conflict: .conflict
    default: .internalServerError
    }
  }
}

/// An answer that an endpoint gives without asking the engine.
struct RefusedError: Error {
  let status: Status
  let message: String
  var cause: (any Error)? { nil }

  init(_ status: Status, _ message: String) {
    self.status = status
    self.message = message
  }
}
