extension StatusError {
  private static func details(_ resource: GroupResource, _ name: String) -> Details {
    Details(name: name, group: resource.group, kind: resource.resource)
  }

  /// 404: there is no object of this name.
  public static func notFound(_ resource: GroupResource, _ name: String) -> StatusError {
    StatusError(
      .notFound, "\(resource) \(name.goQuoted) not found", details: details(resource, name))
  }

  /// 404: no route has this path; what a client sees for a resource that the server does not have.
  public static func noSuchPath() -> StatusError {
    StatusError(.notFound, "the server could not find the requested resource", details: Details())
  }

  /// 409: an object of this name is there already.
  public static func alreadyExists(_ resource: GroupResource, _ name: String) -> StatusError {
    StatusError(
      .alreadyExists, "\(resource) \(name.goQuoted) already exists",
      details: details(resource, name))
  }

  /// 409: no free name was found for `generateName`.
  public static func generateNameConflict(
    _ resource: GroupResource, _ name: String, retryAfterSeconds: Int = 1
  ) -> StatusError {
    var details = details(resource, name)
    details.retryAfterSeconds = retryAfterSeconds
    return StatusError(
      .alreadyExists,
      "\(resource) \(name.goQuoted) already exists, the server was not able to generate a unique name for the object",
      details: details)
  }

  /// What a write to a stale object is told.
  public static let objectModified =
    "the object has been modified; please apply your changes to the latest version and try again"

  /// 409: the object is not in the state that the request expects.
  public static func conflict(
    _ resource: GroupResource, _ name: String, _ why: String = StatusError.objectModified
  ) -> StatusError {
    StatusError(
      .conflict, "Operation cannot be fulfilled on \(resource) \(name.goQuoted): \(why)",
      details: details(resource, name))
  }

  /// 409: other managers own fields that an apply would change.
  public static func applyConflict(_ causes: [Cause], _ message: String) -> StatusError {
    StatusError(.conflict, message, details: Details(causes: causes))
  }

  /// 422: the object fails validation.
  public static func invalid(_ kind: GroupKind, _ name: String, _ errors: [FieldError])
    -> StatusError
  {
    let causes = errors.map { Cause(reason: $0.kind.reason, message: $0.body, field: $0.field) }
    let message = "\(kind) \(name.goQuoted) is invalid"
    return StatusError(
      .invalid, errors.aggregateMessage.map { "\(message): \($0)" } ?? message,
      details: Details(name: name, group: kind.group, kind: kind.kind, causes: causes))
  }

  /// 400: the request makes no sense.
  public static func badRequest(_ message: String) -> StatusError {
    StatusError(.badRequest, message)
  }

  /// 401: the server does not know who asks.
  public static func unauthorized(_ message: String = "Unauthorized") -> StatusError {
    StatusError(.unauthorized, message.isEmpty ? "not authorized" : message)
  }

  /// 403: who asks may not do this.
  /// - Parameter resource: nil for a path that is no resource.
  public static func forbidden(_ resource: GroupResource?, _ name: String, _ why: String)
    -> StatusError
  {
    guard let resource else {
      return StatusError(.forbidden, "forbidden: \(why)", details: Details(name: name))
    }
    let object = name.isEmpty ? "\(resource)" : "\(resource) \(name.goQuoted)"
    return StatusError(
      .forbidden, "\(object) is forbidden: \(why)", details: details(resource, name))
  }

  /// 405: the path does not have this method.
  public static func methodNotAllowed() -> StatusError {
    StatusError(
      .methodNotAllowed, "the server does not allow this method on the requested resource",
      details: Details())
  }

  /// 406: the client takes none of the media types that the server has.
  public static func notAcceptable(accepted: [String]) -> StatusError {
    .notAcceptable("only the following media types are accepted: \(accepted.joined(separator: ", "))")
  }

  /// 406: what was asked for has not the shape that the client wants.
  public static func notAcceptable(_ message: String) -> StatusError { StatusError(.notAcceptable, message) }

  /// 406: the client takes none of the media types that there are at a path.
  public static func noRepresentation(_ types: [String]) -> StatusError {
    StatusError(
      .notAcceptable, "406: Not Acceptable\n\nAvailable representations: \(types.joined(separator: ", "))",
      details: Details())
  }

  /// 415: the body is of a media type that is not taken at its path by this method.
  public static let unsupportedMediaType = StatusError(
    .unsupportedMediaType, "415: Unsupported Media Type", details: Details())

  /// 415: the body is of a media type that is not read here.
  public static func unsupportedMediaType(accepted: [String]) -> StatusError {
    StatusError(
      .unsupportedMediaType,
      "the body of the request was in an unknown format - accepted media types include: \(accepted.joined(separator: ", "))"
    )
  }

  /// 410: the object is gone for good.
  public static func gone(_ message: String) -> StatusError { StatusError(.gone, message) }

  /// 410: the revision that a watch or a list wants is no longer kept.
  public static func expired(_ message: String) -> StatusError { StatusError(.expired, message) }

  /// 410: a watch wants to begin before the oldest change that is kept.
  public static func resourceVersionTooOld(wanted: UInt64, oldest: UInt64) -> StatusError {
    expired("too old resource version: \(wanted) (\(oldest))")
  }

  /// 410: the very state that a list wants is no longer kept.
  public static func listExpired() -> StatusError { expired("The resourceVersion for the provided list is too old.") }

  /// 410: the snapshot of a list in pages is no longer kept; `continueToken` goes on without it.
  public static func continueExpired(continueToken: String) -> StatusError {
    StatusError(
      .expired,
      "The provided continue parameter is too old to display a consistent list result. You can start a new list without "
        + "the continue parameter, or use the continue token in this response to retrieve the remainder of the results. "
        + "Continuing with the provided token results in an inconsistent list - objects that were created, modified, or "
        + "deleted between the time the first chunk was returned and now may show up in the list.",
      continueToken: continueToken)
  }

  /// 504: a revision that this server has not reached yet.
  public static func resourceVersionTooLarge(
    wanted: UInt64, current: UInt64, retryAfterSeconds: Int = 1
  ) -> StatusError {
    StatusError(
      .timeout, "Timeout: Too large resource version: \(wanted), current: \(current)",
      details: Details(
        causes: [
          Cause(reason: Cause.resourceVersionTooLarge, message: "Too large resource version")
        ],
        retryAfterSeconds: retryAfterSeconds))
  }

  /// 429: the client is to come again later.
  public static func tooManyRequests(_ message: String, retryAfterSeconds: Int) -> StatusError {
    StatusError(.tooManyRequests, message, details: Details(retryAfterSeconds: retryAfterSeconds))
  }

  /// 413: the body is too long.
  /// - Parameter maximum: in bytes.
  public static func requestEntityTooLarge(maximum: Int) -> StatusError {
    requestEntityTooLarge("limit is \(maximum)")
  }

  /// 413: the request is too large.
  public static func requestEntityTooLarge(_ message: String) -> StatusError {
    StatusError(.requestEntityTooLarge, "Request entity too large: \(message)")
  }

  /// 504: the request took too long.
  public static func timeout(_ message: String, retryAfterSeconds: Int = 0) -> StatusError {
    StatusError(
      .timeout, "Timeout: \(message)", details: Details(retryAfterSeconds: retryAfterSeconds))
  }

  /// 500: the operation did not finish in time and can be tried again.
  public static func serverTimeout(
    _ resource: GroupResource, _ operation: String, retryAfterSeconds: Int
  ) -> StatusError {
    var details = details(resource, operation)
    details.retryAfterSeconds = retryAfterSeconds
    return StatusError(
      .serverTimeout,
      "The \(operation) operation against \(resource) could not be completed at this time, please try again.",
      details: details)
  }

  /// 500: the server failed.
  public static func internalError(_ why: String) -> StatusError {
    StatusError(
      .internalError, "Internal error occurred: \(why)",
      details: Details(causes: [Cause(message: why)]))
  }

  /// 503: what would answer is not there at present.
  public static func serviceUnavailable(_ message: String) -> StatusError {
    StatusError(.serviceUnavailable, message)
  }
}
