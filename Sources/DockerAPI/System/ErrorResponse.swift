/// The body of every answer that is not a success.
public struct ErrorResponse: JSONObject, Hashable {
  public static let goType = "types.ErrorResponse"

  public var message = ""

  public init() {}

  /// Makes an answer.
  public init(message: String) {
    self.message = message
  }

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("message", &message)
  }
}
