import APIMachinery

/// The priority classes that every cluster has, for what it could not do without.
struct SystemPriorityClasses {
  private static let classes: [(name: String, value: Int64, description: String)] = [
    ("system-cluster-critical", 2_000_000_000, "For pods that the cluster needs, on whichever node they run."),
    ("system-node-critical", 2_000_001_000, "For pods that a node needs, and that no other node can run for it."),
  ]
  static let names: Set<String> = Set(classes.map(\.name))

  let registry: Registry

  func run() async throws {
    let place = GroupVersion(group: "scheduling.k8s.io", version: "v1")
    guard let target = registry.catalog.snapshot.resource(place, "priorityclasses") else { return }
    for item in Self.classes where registry.cache(of: target).get(target.key(namespace: "", name: item.name)) == nil {
      let object: JSONObject = [
        "kind": "PriorityClass", "apiVersion": "scheduling.k8s.io/v1", "metadata": ["name": .string(item.name)],
        "value": .integer(item.value), "description": .string(item.description),
      ]
      do {
        _ = try await registry.create(object, target, .ofServer(verb: "create", name: item.name))
      } catch let error as StatusError where error.reason == .alreadyExists {
        // Another server was faster.
        continue
      }
    }
  }
}
