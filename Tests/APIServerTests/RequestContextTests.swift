import APIMachinery
import HTTPService
import Testing

@testable import APIServer

@Suite struct RequestContextTests {
  @Test func notesForTheAuditLog() {
    let context = RequestContext.ofServer(verb: "create")
    context.annotate("open", "1")
    context.annotate("open", "2")
    context.annotate("patch", "3", from: .request)
    #expect(context.auditAnnotations(at: .metadata) == ["open": "1"])
    #expect(context.auditAnnotations(at: .request) == ["open": "1", "patch": "3"])
    #expect(context.auditAnnotations == ["open": "1", "patch": "3"])
  }
}
