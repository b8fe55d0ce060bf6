import APIMachinery
import NIOHTTP1

/// Finds out whether another API server answers for a version.
struct AvailabilityCheck: Sendable {
  /// A condition `Available` (apiregistration.k8s.io/v1 APIServiceCondition).
  struct Finding: Sendable, Equatable {
    let isAvailable: Bool
    let reason: String
    let message: String

    static let passed = Finding(isAvailable: true, reason: "Passed", message: "all checks passed")
    static let local = Finding(
      isAvailable: true, reason: "Local", message: "Local APIServices are always available")
  }

  private static let time = Duration.seconds(5)
  private static let services = "\(StorageLayout.root)services/specs/"
  private static let slices = "\(StorageLayout.root)endpointslices/"

  let store: ClusterStore
  let client: OutboundClient
  let proxy: FrontProxy

  func run(_ service: AggregatedService) async -> Finding {
    if let failure = wiring(service) { return failure }
    do throws(OutboundError) {
      let answer = try await client.get(
        proxy.target(service), uri: service.path, headers: Self.headers(accept: "application/json"), within: Self.time,
        limit: 16 << 20)
      guard (200..<300).contains(answer.status) else {
        return failed("bad status from \(url(service)): \(answer.status)", service)
      }
      return .passed
    } catch { return failed("Get \(url(service).goQuoted): \(error.message)", service) }
  }

  /// As whom this server asks on its own account: one whom every API server lets.
  static func headers(accept: String) -> HTTPHeaders {
    var headers: HTTPHeaders = ["Accept": accept, "User-Agent": "kube-aggregator"]
    FrontProxy.introduce(User(name: "system:kube-aggregator", groups: ["system:masters"]), &headers)
    return headers
  }

  private func url(_ service: AggregatedService) -> String {
    let place = service.service
    guard let address = try? client.resolver.resolve(place) else {
      return "https://\(place.serverName):\(place.port)\(service.path)"
    }
    let host = address.host.contains(":") ? "[\(address.host)]" : address.host
    return "https://\(host):\(address.port)\(service.path)"
  }

  private func failed(_ why: String, _ service: AggregatedService) -> Finding {
    Finding(
      isAvailable: false, reason: "FailedDiscoveryCheck",
      message: "failing or missing response from \(url(service)): \(why)")
  }

  /// What the objects of the cluster tell without a question.
  private func wiring(_ service: AggregatedService) -> Finding? {
    let place = service.service
    let words = "service/\(place.name) in \(place.namespace.goQuoted)"
    func missing(_ reason: String, _ message: String) -> Finding {
      Finding(isAvailable: false, reason: reason, message: message)
    }
    guard let object = store.cache(of: Self.services).get("\(Self.services)\(place.namespace)/\(place.name)") else {
      return missing("ServiceNotFound", "\(words) is not present")
    }
    let spec = object.object.value(at: "spec") ?? [:]
    guard spec["type"]?.stringValue ?? "ClusterIP" == "ClusterIP" else { return nil }
    guard
      let port = (spec["ports"]?.arrayValue ?? []).first(where: { $0["port"]?.integerValue == Int64(place.port) })
    else { return missing("ServicePortError", "\(words) is not listening on port \(place.port)") }
    let slices = store.cache(of: Self.slices).list("\(Self.slices)\(place.namespace)/").objects.filter {
      $0.object.header.labels["kubernetes.io/service-name"] == place.name
    }
    guard !slices.isEmpty else {
      return missing("EndpointsNotFound", "cannot find endpointslices for \(words)")
    }
    let name = port["name"]?.stringValue ?? ""
    guard (try? client.resolver.resolve(place)) != nil else {
      return missing(
        "MissingEndpoints", "endpointslices for \(words) have no addresses with port name \(name.goQuoted)")
    }
    return nil
  }
}
