import APIMachinery

/// The components of the control plane as ComponentStatus objects tell of them, which are not stored: each is asked when
/// somebody asks for it. The controllers are a part of this server and do their work while it answers.
struct ComponentStatuses: Sendable {
  static let resource = GroupResource(group: "", resource: "componentstatuses")

  private let health: HealthChecks

  init(_ health: HealthChecks) { self.health = health }

  private static let names = ["controller-manager", "etcd-0"]

  func objects() async -> [StoredObject] {
    var objects: [StoredObject] = []
    for name in Self.names { objects.append(await object(name)) }
    return objects
  }

  /// - Throws: 404 where no component is called that.
  func find(_ name: String) async throws(StatusError) -> StoredObject {
    guard Self.names.contains(name) else {
      throw .notFound(GroupResource(group: "", resource: "componentstatus"), name)
    }
    return await object(name)
  }

  private func object(_ name: String) async -> StoredObject {
    let problem = name == "etcd-0" ? await health.storeProblem() : nil
    let condition: JSONObject = [
      "type": "Healthy", "status": problem == nil ? "True" : "False", "message": .string(problem ?? "ok"),
    ]
    return StoredObject([
      "kind": "ComponentStatus", "apiVersion": "v1", "metadata": .object(["name": .string(name)]),
      "conditions": .array([.object(condition)]),
    ])
  }
}
