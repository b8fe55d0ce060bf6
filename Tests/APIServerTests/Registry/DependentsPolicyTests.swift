import APIMachinery
import Testing

@testable import APIServer

@Suite struct DependentsPolicyTests {
  private func finalizers(_ given: [String], _ policy: DependentsPolicy, _ options: DeleteOptions) -> [String] {
    var object: JSONObject = ["metadata": [:]]
    object.setFinalizers(given)
    return options.finalizers(of: object, policy)
  }

  private func options(_ propagation: DeleteOptions.Propagation?) -> DeleteOptions {
    var options = DeleteOptions()
    options.propagation = propagation
    return options
  }

  @Test func kindsHaveTheirOwn() {
    #expect(DependentsPolicy(of: GroupResource(group: "", resource: "replicationcontrollers")) == .orphan)
    #expect(DependentsPolicy(of: GroupResource(group: "batch", resource: "jobs")) == .orphan)
    #expect(DependentsPolicy(of: GroupResource(group: "batch", resource: "cronjobs")) == .background)
    #expect(DependentsPolicy(of: GroupResource(group: "", resource: "events")) == .unsupported)
    #expect(DependentsPolicy(of: GroupResource(group: "apps", resource: "replicasets")) == .background)
  }

  @Test func whatAClientSaysComesFirst() {
    #expect(finalizers([], .orphan, options(nil)) == ["orphan"])
    #expect(finalizers([], .background, options(nil)) == [])
    #expect(finalizers(["a"], .orphan, options(.background)) == ["a"])
    #expect(finalizers(["a", "orphan"], .background, options(.foreground)) == ["a", "foregroundDeletion"])
    #expect(finalizers(["foregroundDeletion"], .background, options(.orphan)) == ["orphan"])
    var old = DeleteOptions()
    old.orphanDependents = false
    #expect(finalizers(["orphan"], .orphan, old) == [])
  }

  @Test func whatTheObjectSaysComesBeforeItsKind() {
    #expect(finalizers(["foregroundDeletion", "a"], .orphan, options(nil)) == ["foregroundDeletion", "a"])
    #expect(finalizers(["orphan", "a"], .background, options(nil)) == ["orphan", "a"])
    #expect(finalizers(["orphan", "foregroundDeletion"], .background, options(nil)) == ["orphan"])
  }

  @Test func eventsHaveNoDependents() {
    #expect(finalizers(["a"], .unsupported, options(.foreground)) == ["a"])
    #expect(finalizers(["orphan"], .unsupported, options(nil)) == [])
  }

  @Test func whoDeletesAJobIsToldThatItsPodsStay() {
    let jobs = GroupResource(group: "batch", resource: "jobs")
    #expect(DependentsPolicy.warning(of: options(nil), jobs)?.hasPrefix("child pods are preserved") == true)
    #expect(DependentsPolicy.warning(of: options(.orphan), jobs) == nil)
    #expect(DependentsPolicy.warning(of: options(nil), GroupResource(group: "", resource: "pods")) == nil)
  }
}
