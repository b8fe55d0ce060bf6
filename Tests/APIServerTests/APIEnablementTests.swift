import APIMachinery
import ClusterAPI
import Testing

@testable import APIServer

/// Rules say which versions of built-in groups are served.
@Suite struct APIEnablementTests {
  private let kinds: BuiltinKinds

  init() throws { kinds = try BuiltinKinds.load() }

  private func snapshot(_ rules: String...) throws -> ResourceCatalog.Snapshot {
    ResourceCatalog(kinds, serving: try APIEnablement(rules, kinds)).snapshot
  }

  private func problem(_ rules: String...) -> String {
    do throws(APIEnablement.Problem) {
      _ = try APIEnablement(rules, kinds)
      return ""
    } catch { return error.description }
  }

  private static func place(_ group: String, _ version: String = "v1") -> GroupVersion {
    GroupVersion(group: group, version: version)
  }

  @Test func everythingIsServedUnlessARuleSaysOtherwise() throws {
    let all = ResourceCatalog(kinds).snapshot
    for rules in [
      [], ["api/all=true"], ["api/ga=true", "api/beta=false"], ["api/alpha=false"], ["apps/v1"], ["/v1=T"],
    ] {
      let served = ResourceCatalog(kinds, serving: try APIEnablement(rules, kinds)).snapshot
      #expect(served.groupVersions == all.groupVersions)
      #expect(served.resources.map(\.groupResource) == all.resources.map(\.groupResource))
    }
  }

  @Test func aVersionOrAResourceIsTakenAway() throws {
    let served = try snapshot("autoscaling/v1=false", "batch/v1=f", "apps/v1/daemonsets=false")
    #expect(served.versions(ofGroup: "autoscaling") == ["v2"])
    #expect(served.resource(Self.place("autoscaling", "v2"), "horizontalpodautoscalers") != nil)
    #expect(!served.serves(Self.place("batch")) && served.versions(ofGroup: "batch").isEmpty)
    #expect(served.resource(Self.place("apps"), "daemonsets") == nil)
    #expect(served.resource(Self.place("apps"), "deployments") != nil)
  }

  @Test func whatIsNamedComesBeforeWhatIsMeant() throws {
    let served = try snapshot(
      "api/all=false", "/v1=true", "apps/v1=true", "apps/v1/daemonsets=false", "batch/v1/jobs=true")
    #expect(served.groupVersions == [Self.place(""), Self.place("apps"), Self.place("batch")])
    #expect(served.resources(Self.place("batch")).map(\.resource.plural) == ["jobs"])
    #expect(served.resource(Self.place("apps"), "daemonsets") == nil)
    // The last one of a key counts, and the order of others does not.
    #expect(try snapshot("batch/v1=false", "batch/v1=true").serves(Self.place("batch")))
    #expect(try !snapshot("batch/v1=false", "api/all=true").serves(Self.place("batch")))
  }

  @Test func versionsThatThereAreNot() {
    #expect(problem("storage.k8s.io/v1beta1=false", "nonsense.k8s.io/v1alpha1=false") == "")
    #expect(
      problem("storage.k8s.io/v1beta1=true") == "storage.k8s.io/v1beta1=true: this server has stable versions only")
    #expect(problem("api/beta=true") == "api/beta=true: this server has stable versions only")
    #expect(problem("apps/v7=false") == "group version apps/v7 that has not been registered")
    #expect(problem("cats/v1=false") == "unknown api groups cats/v1")
  }

  @Test func customKindsAreServedBesideWhatIsLeft() throws {
    let catalog = ResourceCatalog(kinds, serving: try APIEnablement(["node.k8s.io/v1=false"], kinds))
    let resource = ResourceDescription(
      group: "example.com", plural: "cats", singular: "", kind: "Cat", isNamespaced: true, isCustom: true,
      versions: [ResourceVersion(name: "v1", definitionName: "com.example.v1.Cat", schema: Schema(.object))])
    catalog.set(resource)
    #expect(catalog.snapshot.serves(Self.place("example.com")) && !catalog.snapshot.serves(Self.place("node.k8s.io")))
    #expect(!catalog.builtinVersions.contains(Self.place("node.k8s.io")))
  }
}
