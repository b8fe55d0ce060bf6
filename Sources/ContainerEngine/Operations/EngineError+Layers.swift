import ContainerRuntime
import ImageStore
import NetworkModel

extension EngineError {
  /// Gives an error of a layer below the engine's shape, and keeps what kind it is: a missing image stays "not found".
  static func shaped(_ error: any Error) -> EngineError {
    switch error {
    case let error as EngineError: error
    case let error as ImageStoreError: EngineError(code(error.code), error.message, cause: error)
    case let error as RuntimeError: EngineError(code(error.code), error.message, cause: error)
    case let error as NetworkError: EngineError(code(error.code), error.message, cause: error)
    default: EngineError(.internalFailure, "\(error)", cause: error)
    }
  }

  private static func code(_ code: ImageStoreError.Code) -> Code {
    switch code {
    case .notFound, .denied: .notFound
    case .invalid: .invalidParameter
    case .conflict: .conflict
    default: .internalFailure
    }
  }

  private static func code(_ code: RuntimeError.Code) -> Code {
    switch code {
    case .notFound: .notFound
    case .notRunning: .conflict
    case .invalidSpecification, .commandNotFound, .commandNotExecutable: .invalidParameter
    default: .internalFailure
    }
  }

  private static func code(_ code: NetworkError.Code) -> Code {
    switch code {
    case .invalid: .invalidParameter
    case .notFound: .notFound
    case .conflict: .conflict
    case .forbidden: .forbidden
    case .unavailable: .unavailable
    default: .internalFailure
    }
  }
}
