import Testing

@testable import APIServer

@Suite struct StartStepTests {
  @Test func checksAreToldOnce() {
    let names = StartStep.allCases.flatMap(\.checks)
    #expect(Set(names).count == names.count)
    #expect(StartStep.publication.checks.last == "autoregister-completion")
    #expect(StartStep.roles.checks == ["poststarthook/rbac/bootstrap-roles"])
    #expect(names.allSatisfy { $0.hasPrefix("poststarthook/") || $0 == "autoregister-completion" })
  }
}
