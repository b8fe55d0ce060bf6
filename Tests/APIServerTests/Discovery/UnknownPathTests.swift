import APIMachinery
import HTTPService
import NIOCore
import Testing

@testable import APIServer

@Suite struct UnknownPathTests {
  private func answer(_ path: String) async throws -> Response {
    let lab = try await AdmissionLab { _, _, _ in [] }
    return try UnknownPath.answer(
      path.split(separator: "/").map(String.init), lab.registry.catalog.snapshot)
  }

  @Test(
    "where no built-in group is, a line of text says so",
    arguments: [
      "nothing", "apis/none.example.com/v1", "apis/none.example.com/v1/namespaces/a/things/b",
      "openapi/v4",
    ])
  func text(path: String) async throws {
    let response = try await answer(path)
    #expect(
      response.status == .notFound
        && response.headers["Content-Type"] == "text/plain; charset=utf-8")
    #expect(response.headers["X-Content-Type-Options"] == "nosniff")
    guard case .bytes(let bytes) = response.body else {
      Issue.record("the answer is no text")
      return
    }
    #expect(String(buffer: bytes) == "404 page not found\n")
  }

  @Test(
    "below a built-in group it is a Status",
    arguments: ["api/v1/nothings", "api/v9", "apis/apps/v9/x", "version/x"])
  func status(path: String) async throws {
    let error = await #expect(throws: StatusError.self) { _ = try await answer(path) }
    #expect(
      error?.code == 404 && error?.message == "the server could not find the requested resource")
  }
}
