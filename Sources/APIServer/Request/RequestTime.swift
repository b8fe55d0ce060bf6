import APIMachinery
import HTTPService

/// How long a client lets the server work on a request: the parameter `timeout`, a duration as Go writes it.
enum RequestTime {
  static func asked(_ query: Query) -> Duration? {
    query["timeout"].flatMap { GoDuration.nanoseconds($0) }.map { .nanoseconds($0) }
  }

  /// - Throws: 400 where it is none.
  static func check(_ query: Query) throws(StatusError) {
    guard let text = query["timeout"], !text.isEmpty, let problem = GoDuration.problem(text) else { return }
    throw .badRequest("invalid timeout specified in the request URL - \(problem)")
  }
}
