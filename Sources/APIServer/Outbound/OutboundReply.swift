import APIMachinery
import NIOHTTP1

/// What a status that is no success means, as Kubernetes' clients say it (the reference client's generic errors).
enum OutboundReply {
  /// - Returns: nil for a success.
  static func failure(_ answer: OutboundClient.Answer) -> StatusError? {
    guard !(200...206).contains(answer.status) else { return nil }
    if let value = try? JSONValue(json: answer.body), let error = StatusError(json: value) { return error }
    return failure(answer.status, text(of: answer))
  }

  /// What is said of a success without a body.
  static func emptiness(_ answer: OutboundClient.Answer) -> String {
    let type = answer.headers.first(name: "Content-Type") ?? "application/json"
    return "0-length response with status code: \(answer.status) and content type: \(type)"
  }

  /// What an answer says in words, where it claims to.
  private static func text(of answer: OutboundClient.Answer) -> String {
    if let type = answer.headers.first(name: "Content-Type"), !type.isEmpty,
      !type.drop(while: \.isWhitespace).lowercased().hasPrefix("text/")
    {
      return "unknown"
    }
    let text = String(decoding: answer.body.prefix(2048), as: UTF8.self)
    return String(text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
  }

  private static func failure(_ status: Int, _ text: String) -> StatusError {
    func error(_ reason: StatusReason, _ message: String) -> StatusError { StatusError(reason, message, code: status) }
    switch status {
    case 400: return error(.badRequest, "the server rejected our request for an unknown reason")
    case 401: return error(.unauthorized, "the server has asked for the client to provide credentials")
    case 403: return error(.forbidden, text)
    case 404: return error(.notFound, "the server could not find the requested resource")
    case 405: return error(.methodNotAllowed, "the server does not allow this method on the requested resource")
    case 406:
      return error(
        .notAcceptable,
        ["", "unknown"].contains(text)
          ? "the server was unable to respond with a content type that the client supports" : text)
    case 409: return error(.alreadyExists, "the server reported a conflict")
    case 415: return error(.unsupportedMediaType, text)
    case 422: return error(.invalid, "the server rejected our request due to an error in our request")
    case 429:
      return error(.tooManyRequests, "the server has received too many requests and has asked us to try again later")
    case 503: return error(.serviceUnavailable, "the server is currently unable to handle the request")
    case 504:
      return error(
        .timeout,
        "the server was unable to return a response in the time allotted, but may still be processing the request")
    case 500...:
      return error(
        .internalError,
        "an error on the server (\(text.goQuoted)) has prevented the request from succeeding")
    default:
      return error(
        .unknown, "the server responded with the status code \(status) but did not return more information")
    }
  }
}
