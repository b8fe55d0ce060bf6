import APIMachinery
import Linux

/// A Lease in `kube-system` that says which servers there are, by name (kube-apiserver's identity lease).
struct ServerIdentity: Sendable {
  private static let namespace = "kube-system"
  private static let label = "apiserver.kubernetes.io/identity"
  private static let component = "kube-apiserver"
  private static let duration: Int64 = 3600
  private static let renewal = Duration.seconds(60)
  private static let manager = "kube-apiserver"

  let registry: Registry
  private let report: @Sendable (String) -> Void
  private let name: String
  private let holder: String

  /// - Parameter address: `host:port` by which the server is reached: two on one host are two.
  init(registry: Registry, address: String, report: @escaping @Sendable (String) -> Void) {
    self.registry = registry
    self.report = report
    // The name only has to be the same each time.
    name = "apiserver-" + String(FowlerNollVo.hash("\(SystemFacts.hostName)/\(address)".utf8), radix: 36)
    holder = "\(name)_\(Identifiers.uid())"
  }

  /// Renews the lease until the task is cancelled, and removes those of servers that are long gone.
  func keepUp() async {
    guard
      let target = registry.catalog.snapshot.resource(
        GroupVersion(group: "coordination.k8s.io", version: "v1"), "leases")
    else { return }
    while !Task.isCancelled {
      do {
        try await renew(target)
        try await removeExpired(target)
      } catch {
        if !Task.isCancelled { report("renewing the server's identity lease: \(error)") }
      }
      do { try await Task.sleep(for: Self.renewal) } catch { return }
    }
  }

  private func renew(_ target: ServedResource) async throws {
    let time = JSONValue.string(Timestamp.now.inMicroseconds)
    guard registry.cache(of: target).get(target.key(namespace: Self.namespace, name: name)) != nil else {
      let lease: JSONObject = [
        "kind": "Lease", "apiVersion": "coordination.k8s.io/v1",
        "metadata": [
          "name": .string(name), "namespace": .string(Self.namespace),
          "labels": [
            Self.label: .string(Self.component), "kubernetes.io/hostname": .string(SystemFacts.hostName),
          ],
        ],
        "spec": [
          "holderIdentity": .string(holder), "leaseDurationSeconds": .integer(Self.duration), "renewTime": time,
        ],
      ]
      _ = try await registry.create(
        lease, target, .ofServer(verb: "create", namespace: Self.namespace, name: name))
      return
    }
    let context = RequestContext.ofServer(verb: "update", namespace: Self.namespace, name: name)
    _ = try await registry.change(target, context, manager: Self.manager, operation: .update) { current in
      var lease = current
      var spec = lease["spec"]?.objectValue ?? [:]
      spec["holderIdentity"] = .string(holder)
      spec["leaseDurationSeconds"] = .integer(Self.duration)
      spec["renewTime"] = time
      lease["spec"] = .object(spec)
      return lease
    }
  }

  private func removeExpired(_ target: ServedResource) async throws {
    let now = Timestamp.now.seconds
    let leases = registry.cache(of: target).list(target.prefix(namespace: Self.namespace)).objects
    for lease in leases where lease.name != name && lease.object.header.labels[Self.label] == Self.component {
      let duration = lease.object.value(at: ["spec", "leaseDurationSeconds"])?.integerValue ?? Self.duration
      let text = lease.field(["spec", "renewTime"])
      guard let renewed = Timestamp(text)?.seconds, renewed + duration < now else { continue }
      let context = RequestContext.ofServer(verb: "delete", namespace: Self.namespace, name: lease.name)
      var options = DeleteOptions()
      options.uid = lease.uid
      do {
        _ = try await registry.delete(target, context, namespace: Self.namespace, name: lease.name, options)
      } catch let error as StatusError where error.reason == .notFound || error.reason == .conflict { continue }
    }
  }
}
