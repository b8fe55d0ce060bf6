import APIMachinery
import Testing

@testable import APIServer

/// Who is asked about which write.
@Suite struct AdmissionInterestTests {
  private static let secrets = GroupResource(group: "", resource: "secrets")

  @Test func aMemberIsAskedAboutWhatItLooksAt() {
    let rounds = AdmissionRounds([
      .everything, .mutating(.pods), .validating(.pods, .nodes), .both(.nodes), .mutating(), .validating(),
    ])
    let pods = rounds.round(of: .pods)
    #expect(pods.mutating == [0, 1, 4] && pods.validating == [0, 2, 5])
    let nodes = rounds.round(of: .nodes)
    #expect(nodes.mutating == [0, 3, 4] && nodes.validating == [0, 2, 3, 5])
    let secrets = rounds.round(of: Self.secrets)
    #expect(secrets.mutating == [0, 4] && secrets.validating == [0, 5])
  }

  private struct Refusal: Admission {
    var interest: AdmissionInterest
    func mutate(_ request: inout AdmissionRequest) async throws { throw request.forbidden("mutated") }
    func validate(_ request: AdmissionRequest) async throws { throw request.forbidden("validated") }
  }

  @Test func whoIsNotConcernedIsNotAsked() async throws {
    let other = try await AdmissionLab { _, _, _ in [AdmissionChain([Refusal(interest: .both(Self.secrets))])] }
    try await other.create(AdmissionLab.config("a"), "configmaps")
    let configs = GroupResource(group: "", resource: "configmaps")
    for (interest, told) in [(AdmissionInterest.mutating(configs), "mutated"), (.validating(configs), "validated")] {
      let lab = try await AdmissionLab { _, _, _ in [AdmissionChain([Refusal(interest: interest)])] }
      #expect(try await lab.refusal(of: AdmissionLab.config("a"), "configmaps").message.hasSuffix(told))
    }
  }
}
