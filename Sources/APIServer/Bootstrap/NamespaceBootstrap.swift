import APIMachinery

/// The namespaces that every cluster has.
struct NamespaceBootstrap {
  static let names = ["default", "kube-system", "kube-public", "kube-node-lease"]
  let registry: Registry

  func run() async throws {
    guard let target = registry.catalog.snapshot.resource(GroupVersion(group: "", version: "v1"), "namespaces") else {
      return
    }
    for name in Self.names where registry.cache(of: target).get(target.key(namespace: "", name: name)) == nil {
      let namespace: JSONObject = ["kind": "Namespace", "apiVersion": "v1", "metadata": ["name": .string(name)]]
      do {
        _ = try await registry.create(namespace, target, .ofServer(verb: "create", name: name))
      } catch let error as StatusError where error.reason == .alreadyExists {
        // Another server was faster.
        continue
      }
    }
  }
}
