import APIServer
import Addressing

/// Under which names and addresses the server is reached, and its certificate is valid.
struct ServerAddress: Sendable {
  /// What clients in the cluster are told.
  let advertised: String
  /// What clients on this host use.
  let local: String
  /// What those are told who join: where the server listens, or what the operator says.
  let published: String
  let names: [String]
  let addresses: [String]

  private static let clusterNames = [
    "localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local",
  ]
  /// Where other hosts reach the server; nil where they cannot.
  let reachable: IPAddress?

  /// Asks the kernel which address this host has: may block for a moment.
  init(_ options: ServerOptions, _ network: ServiceNetwork) throws {
    let host = try options.listenAddress().host
    let isAny = ["0.0.0.0", "::"].contains(host)
    local = isAny ? "127.0.0.1" : host.contains(":") ? "[\(host)]" : host
    // Who listens on this host alone is still reached by the name of the service, as with kube-apiserver.
    let own = isAny || IPAddress(host)?.isLoopback == true ? try HostAddress.first() : IPAddress(host)
    reachable = options.advertiseAddress.flatMap { IPAddress($0) } ?? own
    advertised = reachable?.description ?? (isAny ? "127.0.0.1" : host)
    let joined = options.advertiseAddress ?? (isAny ? advertised : host)
    published = joined.contains(":") ? "[\(joined)]" : joined
    let extra = options.tlsSan + [host, advertised]
    names = Self.clusterNames + extra.filter { IPAddress($0) == nil }
    var seen: Set<String> = []
    addresses =
      (["127.0.0.1", "::1"] + network.apiAddresses.map(\.description)
      + extra.filter { IPAddress($0) != nil && !["0.0.0.0", "::"].contains($0) }).filter { seen.insert($0).inserted }
  }
}
