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
  /// The first address of the usual range of services.
  static let serviceAddress = "10.43.0.1"

  init(_ options: ServerOptions) {
    let host = (try? options.listenAddress().host) ?? "0.0.0.0"
    let isAny = ["0.0.0.0", "::"].contains(host)
    local = isAny ? "127.0.0.1" : host.contains(":") ? "[\(host)]" : host
    advertised = options.advertiseAddress ?? (isAny ? "127.0.0.1" : host)
    let extra = options.tlsSan + [host, advertised]
    names = Self.clusterNames + extra.filter { IPAddress($0) == nil }
    var seen: Set<String> = []
    addresses =
      (["127.0.0.1", "::1", Self.serviceAddress]
      + extra.filter { IPAddress($0) != nil && !["0.0.0.0", "::"].contains($0) }).filter { seen.insert($0).inserted }
  }
}
