import APIServer
import Addressing

/// Under which names and addresses the server is reached, and its certificate is valid.
struct ServerAddress: Sendable {
  /// What clients in the cluster are told.
  let advertised: String
  /// What clients on this host use.
  let local: String
  let names: [String]
  let addresses: [String]

  private static let clusterNames = [
    "localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local",
  ]
  /// Where other hosts reach the server; nil where they cannot.
  let reachable: IPAddress?

  /// Asks the kernel which address this host has: may block for a moment.
  init(_ options: ServerOptions, _ network: ServiceNetwork) {
    let host = (try? options.listenAddress().host) ?? "0.0.0.0"
    let isAny = ["0.0.0.0", "::"].contains(host)
    local = isAny ? "127.0.0.1" : host.contains(":") ? "[\(host)]" : host
    // Who listens on this host alone is still reached by the name of the service, as with kube-apiserver.
    let own = isAny || IPAddress(host)?.isLoopback == true ? HostAddress.first() : IPAddress(host)
    reachable = options.advertiseAddress.flatMap { IPAddress($0) } ?? own
    advertised = reachable?.description ?? (isAny ? "127.0.0.1" : host)
    let extra = options.tlsSan + [host, advertised]
    names = Self.clusterNames + extra.filter { IPAddress($0) == nil }
    var seen: Set<String> = []
    addresses =
      (["127.0.0.1", "::1"] + network.apiAddresses.map(\.description)
      + extra.filter { IPAddress($0) != nil && !["0.0.0.0", "::"].contains($0) }).filter { seen.insert($0).inserted }
  }
}
