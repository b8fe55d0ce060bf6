import APIMachinery
import PKI

/// Tells other API servers whom to trust: the authorities of clients' certificates, and how this server says for whom it asks
/// (Kubernetes, "Kubernetes Apiserver Client Authentication" of the aggregation layer).
struct RequestHeaderAuthorities: Sendable {
  private static let name = "extension-apiserver-authentication"
  private static let namespace = "kube-system"

  let registry: Registry
  let proxy: FrontProxy
  /// PEM.
  let clientAuthority: String

  /// Publishes again whenever somebody has changed or removed what was published, until the task is cancelled.
  static func keep(
    _ registry: Registry, _ report: @escaping @Sendable (String) -> Void, publish: () async throws -> Void
  ) async {
    guard let target = registry.catalog.snapshot.resource(GroupVersion(group: "", version: "v1"), "configmaps") else {
      return
    }
    await ObjectVigil(registry: registry, report: report).keep(
      "what other API servers are told", [target], { $0.name == name && $0.namespace == namespace }, publish)
  }

  /// - Parameter present: what is there: several servers may have authorities of their own.
  private func data(_ present: JSONValue?) throws(PKIError) -> JSONObject {
    func bundle(_ name: String, _ own: String) throws(PKIError) -> JSONValue {
      .string(try CertificateBundle.union(own, present?[name]?.stringValue ?? ""))
    }
    func list(_ items: String...) -> JSONValue { .string(JSONValue.array(items.map { .string($0) }).jsonText()) }
    return [
      "client-ca-file": try bundle("client-ca-file", clientAuthority),
      "requestheader-allowed-names": list(FrontProxy.commonName),
      "requestheader-client-ca-file": try bundle("requestheader-client-ca-file", proxy.authorities),
      "requestheader-extra-headers-prefix": list("X-Remote-Extra-"),
      "requestheader-group-headers": list("X-Remote-Group"), "requestheader-uid-headers": list("X-Remote-Uid"),
      "requestheader-username-headers": list("X-Remote-User"),
    ]
  }

  /// Writes what is not there, or says something else.
  func publish() async throws {
    guard let target = registry.catalog.snapshot.resource(GroupVersion(group: "", version: "v1"), "configmaps") else {
      return
    }
    guard let present = registry.cache(of: target).get(target.key(namespace: Self.namespace, name: Self.name)) else {
      let object: JSONObject = [
        "kind": "ConfigMap", "apiVersion": "v1",
        "metadata": ["name": .string(Self.name), "namespace": .string(Self.namespace)],
        "data": .object(try data(nil)),
      ]
      do {
        _ = try await registry.create(
          object, target, .ofServer(verb: "create", namespace: Self.namespace, name: Self.name))
      } catch let error as StatusError where error.reason == .alreadyExists {
        // Another server was faster.
        return
      }
      return
    }
    let before = present.object.value(at: "data")
    guard try before != .object(data(before)) else { return }
    _ = try await registry.change(
      target, .ofServer(verb: "update", namespace: Self.namespace, name: Self.name), manager: "apus",
      operation: .update
    ) { current in
      var changed = current
      changed["data"] = .object(try data(current["data"]))
      return changed
    }
  }
}
