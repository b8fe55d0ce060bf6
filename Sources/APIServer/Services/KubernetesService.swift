import APIMachinery
import Addressing
import ClusterAPI

/// The service `kubernetes`, by which pods reach the API, with what stands behind it, and the range that it has its
/// address from.
struct KubernetesService: Sendable {
  static let name = "kubernetes"
  private static let namespace = "default"
  private static let manager = "kube-apiserver"
  private static let core = GroupVersion(group: "", version: "v1")
  private static let discovery = GroupVersion(group: "discovery.k8s.io", version: "v1")
  private static let networking = GroupVersion(group: "networking.k8s.io", version: "v1")

  let registry: Registry
  let network: ServiceNetwork
  /// The port that this server serves the API on.
  let port: Int
  /// Whether other servers use the same store: their ports may be others.
  let isShared: Bool
  let report: @Sendable (String) -> Void

  private func target(_ groupVersion: GroupVersion, _ resource: String) throws(StatusError) -> ServedResource {
    guard let target = registry.catalog.snapshot.resource(groupVersion, resource) else { throw .noSuchPath() }
    return target
  }

  /// Makes the range and the service where they are missing: nothing that a server is asked for waits for more.
  /// - Parameter isStart: the server begins: then the service has its port, whichever server's it had before.
  func make(isStart: Bool = false) async throws {
    try await makeRange()
    try await makeService(isStart: isStart)
  }

  /// Keeps all of it up until the task is cancelled.
  /// - Parameter presence: which servers there are.
  func keepUp(_ presence: ServerPresence) async {
    let services: ServedResource, endpoints: ServedResource, slices: ServedResource, ranges: ServedResource
    do {
      services = try target(Self.core, "services")
      endpoints = try target(Self.core, "endpoints")
      slices = try target(Self.discovery, "endpointslices")
      ranges = try target(Self.networking, "servicecidrs")
    } catch { return report("the service kubernetes cannot be kept up: \(error)") }
    let vigil = ObjectVigil(registry: registry, report: report)
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        await vigil.keep("the service kubernetes", [services, ranges], { $0.name == Self.name }) { try await make() }
      }
      group.addTask {
        await vigil.keep(
          "the endpoints of kubernetes", [endpoints, slices],
          { $0.name == Self.name || Self.isFurtherSlice($0) }
        ) { try await publish(presence.endpoints) }
      }
      group.addTask {
        for await _ in presence.changes() {
          do { try await publish(presence.endpoints) } catch {
            // The vigil tries again.
          }
        }
      }
    }
  }

  // MARK: - Range and service

  private func makeRange() async throws {
    let target = try target(Self.networking, "servicecidrs")
    let ranges = network.ranges.map { JSONValue.string($0.description) }
    let key = target.key(namespace: "", name: Self.name)
    if registry.cache(of: target).get(key) == nil {
      let object: JSONObject = [
        "kind": "ServiceCIDR", "apiVersion": "networking.k8s.io/v1", "metadata": ["name": .string(Self.name)],
        "spec": ["cidrs": .array(ranges)],
      ]
      try await create(object, target)
    }
    guard let present = registry.cache(of: target).get(key), !present.object.header.isBeingDeleted else { return }
    let known = present.object.value(at: ["spec", "cidrs"])?.arrayValue ?? []
    if known.count == 1, ranges.count == 2, known[0] == ranges[0] {
      // The cluster has got a second family.
      try await change(target, namespace: "", subresource: "") { current in
        var spec = current["spec"]?.objectValue ?? [:]
        spec["cidrs"] = .array(ranges)
        current["spec"] = .object(spec)
      }
    } else if known != ranges {
      // Whoever has changed the flags must say what becomes of the services that are there.
      return
    }
    let conditions = present.object.value(at: ["status", "conditions"])?.arrayValue ?? []
    guard !conditions.contains(where: { $0["type"] == "Ready" }) else { return }
    try await change(target, namespace: "", subresource: "status") { current in
      current["status"] = [
        "conditions": [
          [
            "type": "Ready", "status": "True", "reason": "",
            "message": "Kubernetes default Service CIDR is ready",
            "lastTransitionTime": .string(Timestamp.now.description),
          ]
        ]
      ]
    }
  }

  private func makeService(isStart: Bool) async throws {
    let target = try target(Self.core, "services")
    let ports: JSONValue = [
      ["name": "https", "protocol": "TCP", "port": 443, "targetPort": .integer(Int64(port))]
    ]
    guard let present = registry.cache(of: target).get(target.key(namespace: Self.namespace, name: Self.name)) else {
      let families = network.ranges.prefix(1).map { JSONValue.string(ServiceNetwork.name(of: $0.family)) }
      let object: JSONObject = [
        "kind": "Service", "apiVersion": "v1",
        "metadata": [
          "name": .string(Self.name), "namespace": .string(Self.namespace),
          "labels": ["component": "apiserver", "provider": "kubernetes"],
        ],
        "spec": [
          "type": "ClusterIP", "sessionAffinity": "None", "ports": ports, "ipFamilyPolicy": "SingleStack",
          "ipFamilies": .array(families), "clusterIP": .string(network.apiAddress.description),
          "clusterIPs": [.string(network.apiAddress.description)],
        ],
      ]
      return try await create(object, target)
    }
    let known = present.object.value(at: ["spec", "ports"])
    guard !isPort(known, isStart: isStart) || present.field(["spec", "type"]) != "ClusterIP" else { return }
    try await change(target, namespace: Self.namespace, subresource: "") { current in
      var spec = current["spec"]?.objectValue ?? [:]
      spec["ports"] = ports
      spec["type"] = "ClusterIP"
      current["spec"] = .object(spec)
    }
  }

  /// Whether a list of ports is as it should be. Where servers have ports of their own the endpoints tell them, and the
  /// service has the one of the server that has begun last.
  private func isPort(_ ports: JSONValue?, isStart: Bool) -> Bool {
    guard case .array(let items)? = ports, items.count == 1, case .object(var port) = items[0]
    else { return false }
    let target = port.remove("targetPort")?.integerValue ?? 0
    return (isShared && !isStart ? target > 0 : target == Int64(self.port))
      && port == ["name": "https", "protocol": "TCP", "port": 443]
  }

  // MARK: - Endpoints

  /// The first slice has the service's name; those of servers with other ports are named after them.
  private static func sliceName(_ group: ServerEndpoint.Group, isFirst: Bool) -> String {
    isFirst ? name : "\(name)-\(group.port)"
  }

  /// Whether a slice is one of servers with another port than the first one's.
  private static func isFurtherSlice(_ object: CachedObject) -> Bool {
    object.namespace == namespace
      && object.object.header.labels["kubernetes.io/service-name"] == name
      && object.name.hasPrefix("\(name)-") && UInt16(object.name.dropFirst(name.count + 1)) != nil
  }

  private func publish(_ servers: [ServerEndpoint]) async throws {
    let groups = ServerEndpoint.groups(servers)
    guard let family = groups.first?.addresses.first?.family else { return }
    func ports(_ group: ServerEndpoint.Group) -> JSONValue {
      [["name": "https", "port": .integer(Int64(group.port)), "protocol": "TCP"]]
    }
    func addresses(_ group: ServerEndpoint.Group) -> [JSONValue] {
      group.addresses.map { .string($0.description) }
    }
    let subsets = groups.map { group -> JSONValue in
      ["addresses": .array(addresses(group).map { ["ip": $0] }), "ports": ports(group)]
    }
    try await put(
      try target(Self.core, "endpoints"), Self.name,
      labels: ["endpointslice.kubernetes.io/skip-mirror": "true"],
      ["subsets": .array(subsets)])
    let slices = try target(Self.discovery, "endpointslices")
    var names: Set<String> = []
    for (index, group) in groups.enumerated() {
      let name = Self.sliceName(group, isFirst: index == 0)
      names.insert(name)
      try await put(
        slices, name, labels: ["kubernetes.io/service-name": .string(Self.name)],
        [
          "addressType": .string(ServiceNetwork.name(of: family)), "ports": ports(group),
          "endpoints": .array(
            addresses(group).map { ["addresses": [$0], "conditions": ["ready": true]] }),
        ])
    }
    for object in registry.cache(of: slices).list(slices.prefix(namespace: Self.namespace)).objects
    where Self.isFurtherSlice(object) && !names.contains(object.name) {
      try await remove(slices, object.name)
    }
  }

  private func remove(_ target: ServedResource, _ name: String) async throws {
    let context = RequestContext.ofServer(verb: "delete", namespace: Self.namespace, name: name)
    do {
      _ = try await registry.delete(
        target, context, namespace: Self.namespace, name: name, DeleteOptions())
    } catch let error as StatusError where error.reason == .notFound {
      // Another server was faster.
      return
    }
  }

  /// Makes an object, or sets members of it.
  private func put(
    _ target: ServedResource, _ name: String, labels: JSONObject, _ members: JSONObject
  ) async throws {
    guard
      let present = registry.cache(of: target).get(
        target.key(namespace: Self.namespace, name: name))
    else {
      var object: JSONObject = [
        "kind": .string(target.resource.kind), "apiVersion": .string(target.groupVersionKind.apiVersion),
        "metadata": [
          "name": .string(name), "namespace": .string(Self.namespace), "labels": .object(labels),
        ],
      ]
      for (name, value) in members { object[name] = value }
      return try await create(object, target)
    }
    let isSame =
      labels.allSatisfy { present.object.header.labels[$0.0] == $0.1.stringValue }
      && members.allSatisfy { present.object.value(at: $0.0) == $0.1 }
    guard !isSame else { return }
    if let type = members["addressType"], present.object.value(at: "addressType") != type {
      // The family of a slice does not change: it is made anew.
      try await remove(target, name)
      return try await put(target, name, labels: labels, members)
    }
    try await change(target, namespace: Self.namespace, name: name, subresource: "") { current in
      var present = current["metadata"]?["labels"]?.objectValue ?? [:]
      for (name, value) in labels { present[name] = value }
      current.setMetadata("labels", .object(present))
      for (name, value) in members { current[name] = value }
    }
  }

  // MARK: - Writing

  private func create(_ object: JSONObject, _ target: ServedResource) async throws {
    let context = RequestContext.ofServer(
      verb: "create", namespace: object.objectNamespace, name: object.objectName)
    do { _ = try await registry.create(object, target, context) } catch let error as StatusError
      where error.reason == .alreadyExists || error.reason == .invalid
    {
      // Another server was faster. Where its write was only just being seen, what was found first may be that the address
      // is the service's already.
      try await registry.settle(nil)
      if error.reason == .alreadyExists { return }
      let key = target.key(namespace: object.objectNamespace, name: object.objectName)
      guard registry.cache(of: target).get(key) != nil else { throw error }
    }
  }

  private func change(
    _ target: ServedResource, namespace: String, name: String = Self.name, subresource: String,
    _ body: (inout JSONObject) -> Void
  ) async throws {
    let context = RequestContext.ofServer(
      verb: "update", namespace: namespace, name: name, subresource: subresource)
    _ = try await registry.change(target, context, manager: Self.manager, operation: .update) {
      current in
      var object = current
      body(&object)
      return object
    }
  }
}
