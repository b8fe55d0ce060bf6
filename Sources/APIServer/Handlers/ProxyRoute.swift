import APIMachinery
import ClusterAPI

/// What the name in a path to `proxy` means: `name`, `name:port` or `scheme:name:port`.
struct ProxyRoute: Sendable {
  private static let schemes: Set<Substring> = ["", "http", "https"]

  /// As the path has it.
  let text: String
  let name: String
  /// A number or a name; empty where the path says none.
  let port: String

  /// - Returns: nil for a path to something else.
  /// - Throws: 400 where the name is nothing of the kind.
  init?(_ info: RequestInfo, _ target: ServedResource) throws(StatusError) {
    guard info.subresource == "proxy" else { return nil }
    text = info.name
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    let scheme = parts.count == 3 ? parts[0] : ""
    let rest = parts.suffix(2)
    let isPlain = parts.count == 1
    guard parts.count <= 3, Self.schemes.contains(scheme), let name = isPlain ? parts.first : rest.first, !name.isEmpty
    else { throw .badRequest("invalid \(target.resource.singular) request \(text.goQuoted)") }
    self.name = String(name)
    port = isPlain ? "" : String(rest.last ?? "")
  }

  /// Whether a pod stands behind the port of a service, to which a request could be passed on: its Endpoints tell.
  /// - Throws: 404 where nothing is known of what stands behind it; 503 where the service has no such port, or no pod is
  ///   ready behind it.
  func checkEndpoints(of service: JSONObject, _ store: ClusterStore) throws(StatusError) {
    var portName = port
    if let number = Int64(port) {
      let ports = service["spec"]?["ports"]?.arrayValue ?? []
      guard let found = ports.first(where: { $0["port"]?.integerValue == number }) else {
        throw StatusError(.serviceUnavailable, "no service port \(number) found for service \(name.goQuoted)")
      }
      portName = found["name"]?.stringValue ?? ""
    }
    let namespace = service.metadataText("namespace")
    guard let endpoints = store.cache(of: Self.endpoints).get("\(Self.endpoints)\(namespace)/\(name)") else {
      throw .notFound(GroupResource(group: "", resource: "services"), name)
    }
    let subsets = endpoints.object.value(at: "subsets")?.arrayValue ?? []
    guard !subsets.isEmpty else {
      throw StatusError(.serviceUnavailable, "no endpoints available for service \(name.goQuoted)")
    }
    guard subsets.contains(where: { Self.reachesPod($0, portName, namespace, store) }) else {
      throw StatusError(.serviceUnavailable, "no endpoints available for service \(text.goQuoted)")
    }
  }

  private static let endpoints = "\(StorageLayout.root)services/endpoints/"

  private static let pods = "\(StorageLayout.root)pods/"

  /// An address that is not a pod's could be anybody's (CVE-2020-8562): nothing is passed on to it.
  private static func reachesPod(
    _ subset: JSONValue, _ port: String, _ namespace: String, _ store: ClusterStore
  ) -> Bool {
    guard (subset["ports"]?.arrayValue ?? []).contains(where: { ($0["name"]?.stringValue ?? "") == port })
    else { return false }
    return (subset["addresses"]?.arrayValue ?? []).contains { address in
      guard let target = address["targetRef"], target["namespace"]?.stringValue == namespace,
        let name = target["name"]?.stringValue, let pod = store.cache(of: pods).get("\(pods)\(namespace)/\(name)")
      else { return false }
      let known = pod.object.value(at: "status")?["podIPs"]?.arrayValue ?? []
      return known.contains { $0["ip"]?.stringValue == address["ip"]?.stringValue }
    }
  }
}
