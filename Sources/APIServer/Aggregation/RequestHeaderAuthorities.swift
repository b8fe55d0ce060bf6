import APIMachinery
import PKI

/// Tells other API servers whom to trust: the authorities of clients' certificates, and how this server says for whom it asks
/// (Kubernetes, "Kubernetes Apiserver Client Authentication" of the aggregation layer).
struct RequestHeaderAuthorities: Sendable {
  private static let name = "extension-apiserver-authentication"
  private static let namespace = "kube-system"

  /// What this server itself goes by.
  struct Settings: Sendable {
    /// Whose certificates clients show (PEM).
    var clientAuthority: String
    /// Who asks for others, beside this server.
    var proxies: TrustedProxies?
  }

  let registry: Registry
  let proxy: FrontProxy
  let settings: Settings

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
    // What other servers of the cluster have written is kept: they may go by something else.
    func list(_ name: String, _ items: [String]) -> JSONValue {
      let known = registry.store.isShared ? present?[name]?.stringValue.flatMap(Self.list) ?? [] : []
      let all = known + items.filter { !known.contains($0) }
      return .string(JSONValue.array(all.map { .string($0) }).jsonText())
    }
    let proxies = settings.proxies
    let headers = proxies?.publishedHeaders ?? .standard
    // Nobody in particular is anybody, this server as well.
    let names = proxies.map { $0.allowedNames.isEmpty ? [] : $0.allowedNames + [FrontProxy.commonName] }
    return [
      "client-ca-file": try bundle("client-ca-file", settings.clientAuthority),
      "requestheader-allowed-names": list("requestheader-allowed-names", names ?? [FrontProxy.commonName]),
      "requestheader-client-ca-file": try bundle(
        "requestheader-client-ca-file", proxy.authorities + (proxies?.authorities ?? "")),
      "requestheader-extra-headers-prefix": list("requestheader-extra-headers-prefix", headers.extraPrefixes),
      "requestheader-group-headers": list("requestheader-group-headers", headers.groups),
      "requestheader-uid-headers": list("requestheader-uid-headers", headers.uids),
      "requestheader-username-headers": list("requestheader-username-headers", headers.userNames),
    ]
  }

  /// Nil where the text is no list, which is what somebody else has made of it.
  private static func list(_ text: String) -> [String]? {
    (try? JSONValue(json: Array(text.utf8)))?.arrayValue?.compactMap(\.stringValue)
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
      target, .ofServer(verb: "update", namespace: Self.namespace, name: Self.name), manager: "kube-apiserver",
      operation: .update
    ) { current in
      var changed = current
      changed["data"] = .object(try data(current["data"]))
      return changed
    }
  }
}
