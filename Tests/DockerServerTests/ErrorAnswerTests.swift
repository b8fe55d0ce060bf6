import ContainerEngine
import DockerAPI
import HTTPService
import ImageStore
import Testing

@testable import DockerServer

@Suite struct ErrorAnswerTests {
  @Test func codesBecomeDockersStatuses() {
    let cases: [(any Error, Int, String)] = [
      (EngineError(.notFound, "No such container: x"), 404, "No such container: x"),
      (EngineError(.conflict, "c"), 409, "c"), (EngineError(.notModified, ""), 304, ""),
      (EngineError(.unavailable, "u"), 503, "u"), (EngineError(.internalFailure, "i"), 500, "i"),
      (ImageStoreError(.notFound, "No such image: a:latest"), 404, "No such image: a:latest"),
      (ImageStoreError(.denied, "d"), 404, "d"), (ImageStoreError(.corrupt, "x"), 500, "x"),
      (QueryError("bad"), 400, "bad"), (JSONError(.syntax, "json"), 400, "json"),
      (HTTPServiceError(.methodNotAllowed, "m"), 404, "page not found"), (RefusedError(.notImplemented, "n"), 501, "n"),
    ]
    for (error, status, message) in cases {
      let answer = ErrorAnswer.describe(error)
      #expect(answer.status.code == status)
      #expect(answer.message == message)
    }
  }

  @Test func theAnswerIsJSONUnlessNothingWasModified() {
    let conflict = ErrorAnswer.response(EngineError(.conflict, "a/b"))
    #expect(conflict.status == .conflict)
    #expect(conflict.headers["Content-Type"] == "application/json")
    let unchanged = ErrorAnswer.response(EngineError(.notModified, "x"))
    #expect(unchanged.status == .notModified)
    #expect(unchanged.headers["Content-Type"] == nil)
  }
}

@Suite struct CreateErrorTests {
  @Test func onlyAMissingImageIsNotFound() {
    let image = EngineError(.notFound, "No such image: nginx:latest")
    #expect(ErrorAnswer.describe(CreateEndpoint.forCreate(image)).status == .notFound)
    let network = EngineError(.notFound, "network foo not found")
    #expect(ErrorAnswer.describe(CreateEndpoint.forCreate(network)).status == .badRequest)
    let name = EngineError(.conflict, "Conflict. The container name is in use")
    #expect(ErrorAnswer.describe(CreateEndpoint.forCreate(name)).status == .conflict)
  }
}
