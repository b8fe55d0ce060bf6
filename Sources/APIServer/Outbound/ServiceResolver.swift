import APIMachinery

/// From a service's port to an address that answers there, told by the objects of the cluster. The server need not be on
/// a node that carries the services' own addresses.
struct ServiceResolver: Sendable {
  struct Address: Sendable, Hashable {
    /// An IP address, or a name for a service that stands for an external one.
    let host: String
    let port: Int
  }

  private static let services = "\(StorageLayout.root)services/specs/"
  private static let slices = "\(StorageLayout.root)endpointslices/"
  private let store: ClusterStore

  init(_ store: ClusterStore) { self.store = store }

  /// - Throws: `.unresolved` where there is no such service or port, or nothing is ready behind it.
  func resolve(_ target: OutboundTarget.Service) throws(OutboundError) -> Address {
    guard
      let object = store.cache(of: Self.services).get("\(Self.services)\(target.namespace)/\(target.name)")
    else { throw OutboundError(.unresolved, "service \(target.name.goQuoted) not found") }
    let spec = object.object.value(at: "spec") ?? [:]
    if spec["type"]?.stringValue == "ExternalName" {
      return Address(host: spec["externalName"]?.stringValue ?? "", port: target.port)
    }
    guard
      let port = (spec["ports"]?.arrayValue ?? []).first(where: { $0["port"]?.integerValue == Int64(target.port) })
    else {
      throw OutboundError(.unresolved, "no service port \(target.port) found for service \(target.name.goQuoted)")
    }
    let family = spec["ipFamilies"]?.arrayValue?.first?.stringValue
    var found: [Address] = []
    var preferred: [Address] = []
    for slice in slices(namespace: target.namespace, name: target.name) {
      let addresses = Self.ready(slice, port["name"]?.stringValue ?? "")
      found += addresses
      if slice["addressType"]?.stringValue == family { preferred += addresses }
    }
    guard let address = (preferred.isEmpty ? found : preferred).randomElement() else {
      throw OutboundError(.unresolved, "no endpoints available for service \(target.name.goQuoted)")
    }
    return address
  }

  /// The slices that tell what stands behind a service.
  private func slices(namespace: String, name: String) -> [JSONObject] {
    store.cache(of: Self.slices).list("\(Self.slices)\(namespace)/").objects.lazy.filter {
      $0.object.header.labels["kubernetes.io/service-name"] == name
    }.map { $0.object.tree() }
  }

  /// The addresses of a slice that serve a port.
  private static func ready(_ slice: JSONObject, _ name: String) -> [Address] {
    let port = (slice["ports"]?.arrayValue ?? []).first { ($0["name"]?.stringValue ?? "") == name }
    guard let number = port?["port"]?.integerValue else { return [] }
    return (slice["endpoints"]?.arrayValue ?? []).compactMap { endpoint in
      guard endpoint["conditions"]?["ready"]?.boolValue ?? true,
        let host = endpoint["addresses"]?.arrayValue?.first?.stringValue
      else { return nil }
      return Address(host: host, port: Int(number))
    }
  }
}
