import ArgumentParser

/// The flags of `apus server`.
struct ServerOptions: ParsableArguments {
  @Option(help: "Where the cluster's state is kept.") var dataDir = "/var/lib/apus"
  @Option(help: "Address and port that the API is served on, with TLS.") var apiListen = "0.0.0.0:6443"
  @Option(help: "Address that clients in the cluster are told; the first one of this host unless set.")
  var advertiseAddress: String?
  @Option(help: "More names or addresses that the server's certificate is for; repeatable.") var tlsSan: [String] = []
  @Option(help: "Where the administrator's kubeconfig is written (default DATA-DIR/kubeconfig).") var kubeconfig:
    String?
  @Option(help: "An etcd cluster that keeps the state instead of a file: https://HOST:PORT; repeatable.")
  var datastoreEndpoint: [String] = []
  @Option(help: "Authorities of the etcd cluster's certificates (PEM).") var datastoreCafile: String?
  @Option(help: "Certificate shown to etcd (PEM).") var datastoreCertfile: String?
  @Option(help: "Key of that certificate (PEM).") var datastoreKeyfile: String?
  @Option(help: "Write a snapshot of the running server's state, or of a stopped one's, to this file, and end.")
  var snapshot: String?
  @Option(help: "Put this snapshot in the place of the state, and end.") var restore: String?
  @Option(name: [.customShort("l"), .long], help: "debug, info, warn or error.") var logLevel = "info"

  /// Where the API is served.
  func listenAddress() throws -> (host: String, port: Int) {
    guard let colon = apiListen.lastIndex(of: ":"), let port = Int(apiListen[apiListen.index(after: colon)...]),
      (0...65_535).contains(port)
    else { throw ValidationError("--api-listen \(apiListen): it must be ADDRESS:PORT") }
    let host = apiListen[..<colon].trimmingBrackets
    return (host.isEmpty ? "0.0.0.0" : host, port)
  }

  func validate() throws {
    _ = try listenAddress()
    guard ["debug", "info", "warn", "error"].contains(logLevel) else {
      throw ValidationError("--log-level \(logLevel): it must be debug, info, warn or error")
    }
    guard snapshot == nil || restore == nil else {
      throw ValidationError("--snapshot and --restore cannot be given together")
    }
    guard datastoreEndpoint.isEmpty || snapshot == nil && restore == nil else {
      throw ValidationError("--snapshot and --restore are for the embedded store: use etcdctl for etcd")
    }
  }
}

extension Substring {
  fileprivate var trimmingBrackets: String {
    hasPrefix("[") && hasSuffix("]") ? String(dropFirst().dropLast()) : String(self)
  }
}
