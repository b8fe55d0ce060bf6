/// A request without its body, as the parser read it.
struct RequestHead: Sendable, Equatable {
  /// How long the body is (RFC 9112, section 6.3).
  enum Framing: Sendable, Equatable {
    case none
    case length(Int)
    case chunked
  }

  var method: Method
  var target: String
  /// The minor version of HTTP/1: 0 or 1.
  var minorVersion: Int
  var headers: Headers
  var framing: Framing
  /// Whether the client wants to send another request after this one.
  var keepAlive: Bool
  /// The protocols of the `Upgrade` field, where `Connection` names it.
  var upgrade: [String]
  var expectsContinue: Bool
}
