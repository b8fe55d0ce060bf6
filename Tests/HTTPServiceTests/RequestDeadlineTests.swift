import NIOCore
import Synchronization
import Testing

@testable import HTTPService

@Suite(.timeLimit(.minutes(1))) struct RequestDeadlineTests {
  private let handler: Handler = { request in
    switch request.path {
    case "/stuck":
      do { try await Task.sleep(for: .seconds(3600)) } catch { return Response(.gatewayTimeout, text: "too late") }
      return Response(.ok, text: "done")
    case "/watch":
      return .stream(endsWithServer: true) { writer in
        try await writer.write("first,")
        // Longer than the handler may take.
        try await Task.sleep(for: .milliseconds(50))
        try await writer.write("last")
      }
    case "/list":
      return .stream { writer in
        try await writer.write("first,")
        try await Task.sleep(for: .seconds(3600))
        try await writer.write("last")
      }
    default: return Response(.ok, text: "at once")
    }
  }

  private func configuration(_ asked: @escaping @Sendable (Request) -> Void = { _ in }) -> ServerConfiguration {
    var configuration = ServerConfiguration(handlersStartOnEventLoop: true)
    configuration.handlerTime = { request in
      asked(request)
      return .milliseconds(5)
    }
    return configuration
  }

  private func request(_ path: String) -> String { "GET \(path) HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n" }

  @Test func aHandlerThatTakesTooLongIsCancelled() async throws {
    try await Fixture.with(configuration: configuration(), handler: handler) { fixture in
      let answer = try await fixture.exchange(request("/stuck"))
      #expect(answer.hasPrefix("HTTP/1.1 504 ") && answer.hasSuffix("too late"))
    }
  }

  @Test func aStreamThatHasAnEndHasTheRequestsTimeForIt() async throws {
    try await Fixture.with(configuration: configuration(), handler: handler) { fixture in
      let answer = try await fixture.exchange(request("/list"))
      #expect(answer.hasPrefix("HTTP/1.1 200 ") && answer.hasSuffix("first,\r\n"), "cut off, which a client sees")
    }
  }

  @Test func aStreamWithoutAnEndLastsAsLongAsItLikes() async throws {
    try await Fixture.with(configuration: configuration(), handler: handler) { fixture in
      let answer = try await fixture.exchange(request("/watch"))
      #expect(answer.hasPrefix("HTTP/1.1 200 ") && answer.contains("first,") && answer.contains("last"))
    }
  }

  /// Nobody asks for the time of a request that is answered at once.
  @Test func anAnswerFromMemoryPaysNothing() async throws {
    let asked = Atomic(0)
    let configuration = configuration { _ in asked.add(1, ordering: .relaxed) }
    try await Fixture.with(configuration: configuration, handler: handler) { fixture in
      let answer = try await fixture.exchange(request("/quick"))
      #expect(answer.hasSuffix("at once"))
      #expect(asked.load(ordering: .relaxed) == 0)
    }
  }
}
