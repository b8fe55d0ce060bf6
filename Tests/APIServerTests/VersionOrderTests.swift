import Testing

@testable import APIServer

@Suite struct VersionOrderTests {
  /// The example of Kubernetes' documentation of versions of custom resources.
  @Test func order() {
    let sorted = [
      "v10", "v2", "v1", "v11beta2", "v10beta3", "v3beta1", "v12alpha1", "v11alpha2", "foo1", "foo10",
    ]
    #expect(sorted.shuffled().sorted(by: VersionOrder.precedes) == sorted)
  }
}
