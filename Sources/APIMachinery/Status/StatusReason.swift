/// Why a request failed, in one word that programs read: the field `reason` of a Status, and the HTTP status that goes
/// with it (Kubernetes API, meta/v1 Status).
public struct StatusReason: RawRepresentable, Hashable, Sendable {
  public let rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }

  /// The server gives no reason.
  public static let unknown = StatusReason(rawValue: "")
  public static let unauthorized = StatusReason(rawValue: "Unauthorized")
  public static let forbidden = StatusReason(rawValue: "Forbidden")
  public static let notFound = StatusReason(rawValue: "NotFound")
  public static let alreadyExists = StatusReason(rawValue: "AlreadyExists")
  public static let conflict = StatusReason(rawValue: "Conflict")
  public static let gone = StatusReason(rawValue: "Gone")
  public static let invalid = StatusReason(rawValue: "Invalid")
  public static let serverTimeout = StatusReason(rawValue: "ServerTimeout")
  public static let storageReadError = StatusReason(rawValue: "StorageReadError")
  public static let timeout = StatusReason(rawValue: "Timeout")
  public static let tooManyRequests = StatusReason(rawValue: "TooManyRequests")
  public static let badRequest = StatusReason(rawValue: "BadRequest")
  public static let methodNotAllowed = StatusReason(rawValue: "MethodNotAllowed")
  public static let notAcceptable = StatusReason(rawValue: "NotAcceptable")
  public static let requestEntityTooLarge = StatusReason(rawValue: "RequestEntityTooLarge")
  public static let unsupportedMediaType = StatusReason(rawValue: "UnsupportedMediaType")
  public static let internalError = StatusReason(rawValue: "InternalError")
  public static let expired = StatusReason(rawValue: "Expired")
  public static let serviceUnavailable = StatusReason(rawValue: "ServiceUnavailable")

  /// The HTTP status of an answer with this reason; 500 for one that is not known.
  public var code: Int {
    switch self {
    case .badRequest: 400
    case .unauthorized: 401
    case .forbidden: 403
    case .notFound: 404
    case .methodNotAllowed: 405
    case .notAcceptable: 406
    case .alreadyExists, .conflict: 409
    case .gone, .expired: 410
    case .requestEntityTooLarge: 413
    case .unsupportedMediaType: 415
    case .invalid: 422
    case .tooManyRequests: 429
    case .serviceUnavailable: 503
    case .timeout: 504
    default: 500
    }
  }
}
