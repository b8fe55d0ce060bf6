import ContainerRuntime
import ImageStore
import Linux
import NetworkModel
import Testing

@testable import ContainerEngine

@Suite struct ErrorShapeTests {
  @Test func kindsSurvive() {
    #expect(EngineError.shaped(ImageStoreError(.conflict, "in use")).code == .conflict)
    #expect(EngineError.shaped(ImageStoreError(.notFound, "No such image: x")).message == "No such image: x")
    #expect(EngineError.shaped(RuntimeError(.notRunning, "x")).code == .conflict)
    #expect(EngineError.shaped(NetworkError(.notFound, "x")).code == .notFound)
    #expect(EngineError.shaped(EngineError(.forbidden, "x")).code == .forbidden)
    #expect(EngineError.shaped(CancellationError()).code == .internalFailure)
  }

  @Test func missingPathsInDockersWords() {
    let missing = ContainerEngine.pathError(SystemError(.noEntry, "openat2", "x"), "/x", "web")
    #expect(missing.code == .notFound)
    #expect(missing.message == "Could not find the file /x in container web")
    let broken = ContainerEngine.pathError(ArchiveError("unexpected EOF"), "/x", "web")
    #expect(broken.code == .invalidParameter)
  }
}
