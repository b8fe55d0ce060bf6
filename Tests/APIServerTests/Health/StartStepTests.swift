import Testing

@testable import APIServer

@Suite struct StartStepTests {
  @Test func checksAreToldOnce() {
    let names = StartStep.checks.map(\.name)
    #expect(Set(names).count == names.count)
    #expect(Set(StartStep.checks.map(\.step)) == Set(StartStep.allCases))
    #expect(StartStep.checks.filter { $0.step == .roles }.map(\.name) == ["poststarthook/rbac/bootstrap-roles"])
    #expect(names.allSatisfy { $0.hasPrefix("poststarthook/") || $0 == "autoregister-completion" })
  }
}
