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

  /// Whether a pod stands behind the port of a service, to which a request could be passed on.
  /// - Throws: 503 where the service has no such port, or no pod is ready behind it; 404 where nobody has said what is behind it.
  func checkEndpoints(of service: JSONObject, _ store: ClusterStore) throws(StatusError) {
    var portName = port
    if let number = Int64(port) {
      let ports = service["spec"]?["ports"]?.arrayValue ?? []
      guard let found = ports.first(where: { $0["port"]?.integerValue == number }) else {
        throw StatusError(.serviceUnavailable, "no service port \(number) found for service \(name.goQuoted)")
      }
      portName = found["name"]?.stringValue ?? ""
    }
    let slices = ServiceResolver(store).slices(namespace: service.metadataText("namespace"), name: name)
    guard !slices.isEmpty else {
      // A controller tells of no endpoints where there are none to a selector; without one nobody does.
      if (service["spec"]?["selector"]?.objectValue ?? [:]).isEmpty {
        throw .notFound(GroupResource(group: "", resource: "services"), name)
      }
      throw StatusError(.serviceUnavailable, "no endpoints available for service \(name.goQuoted)")
    }
    guard slices.contains(where: { Self.reachesPod($0, portName) }) else {
      throw StatusError(.serviceUnavailable, "no endpoints available for service \(text.goQuoted)")
    }
  }

  /// An address that stands for no pod could be anybody's (CVE-2020-8562): nothing is passed on to it.
  private static func reachesPod(_ slice: JSONObject, _ port: String) -> Bool {
    (slice["ports"]?.arrayValue ?? []).contains { ($0["name"]?.stringValue ?? "") == port }
      && (slice["endpoints"]?.arrayValue ?? []).contains {
        ($0["conditions"]?["ready"]?.boolValue ?? true) && $0["targetRef"]?["kind"]?.stringValue == "Pod"
      }
  }
}
