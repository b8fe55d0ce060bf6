import APIMachinery
import ClusterAPI
import Testing

@testable import APIServer

@Suite struct ResourceCatalogTests {
  private let catalog: ResourceCatalog
  private let builtin: ResourceCatalog.Snapshot

  init() throws {
    catalog = ResourceCatalog(try BuiltinKinds.load())
    builtin = catalog.snapshot
  }

  private static func custom(
    _ group: String, _ plural: String, _ kind: String, _ versions: String...
  ) -> ResourceDescription {
    ResourceDescription(
      group: group, plural: plural, singular: "", kind: kind, isNamespaced: true, isCustom: true,
      versions: versions.map {
        ResourceVersion(name: $0, definitionName: "\(group).\($0).\(kind)", schema: Schema(.object))
      })
  }

  /// A version that is built in is served as it is, whatever definitions say of it; other versions of its group are free.
  @Test func nothingIsAddedToWhatIsBuiltIn() throws {
    catalog.set(Self.custom("networking.k8s.io", "foos", "Foo", "v1", "v2"))
    let now = catalog.snapshot
    let (first, second) = (
      GroupVersion(group: "networking.k8s.io", version: "v1"), GroupVersion(group: "networking.k8s.io", version: "v2")
    )
    #expect(now.resource(first, "foos") == nil)
    #expect(now.resources(first).map(\.resource.plural) == builtin.resources(first).map(\.resource.plural))
    #expect(now.resource(of: GroupVersionKind(group: first.group, version: "v1", kind: "Foo")) == nil)
    #expect(now.resources(second).map(\.resource.plural) == ["foos"])
    #expect(now.versions(ofGroup: first.group) == builtin.versions(ofGroup: first.group) + ["v2"])
    catalog.remove(GroupResource(group: first.group, resource: "foos"))
    #expect(!catalog.snapshot.serves(second))
  }

  /// A definition may have the name of a built-in resource, and takes nothing from it.
  @Test func namesakesTakeNothing() throws {
    let place = GroupVersion(group: "apiextensions.k8s.io", version: "v1")
    catalog.set(Self.custom(place.group, "customresourcedefinitions", "CustomResourceDefinition", "v1", "v7"))
    let now = catalog.snapshot
    #expect(now.resource(place, "customresourcedefinitions")?.resource.isCustom == false)
    // Its objects would be the built-in ones.
    #expect(!now.serves(GroupVersion(group: place.group, version: "v7")))
    #expect(now.resources.count == builtin.resources.count)
    catalog.set(Self.custom("networking.k8s.io", "networkpolicies", "NetworkPolicy", "v1", "v2"))
    let policies = GroupVersion(group: "networking.k8s.io", version: "v1")
    #expect(catalog.snapshot.resource(policies, "networkpolicies")?.resource.isCustom == false)
    let next = GroupVersion(group: policies.group, version: "v2")
    #expect(catalog.snapshot.resource(next, "networkpolicies")?.resource.isCustom == true)
  }

  /// What is said of a built-in kind in documents, and done by its name there, is not said of a custom one.
  @Test(arguments: [("Deployment", "Things"), ("Thing", "DeploymentList")])
  func kindsAreNamedApart(_ kind: String, _ list: String) throws {
    var resource = Self.custom("apps.api.k8s.io", "things", kind, "v1", "v7")
    resource.listKind = list
    for index in resource.versions.indices {
      resource.versions[index].definitionName = "io.k8s.api.apps.\(resource.versions[index].name).\(kind)"
    }
    catalog.set(resource)
    let now = catalog.snapshot
    func name(_ version: String) -> String? {
      now.resource(GroupVersion(group: resource.group, version: version), "things")?.version.definitionName
    }
    #expect(name("v1") == "custom.io.k8s.api.apps.v1.\(kind)" && name("v7") == "io.k8s.api.apps.v7.\(kind)")
  }
}
