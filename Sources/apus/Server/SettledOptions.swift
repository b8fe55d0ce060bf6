import ArgumentParser

/// Flags of kube-apiserver about what this server does in one way only: that way may be asked for, and no other.
struct SettledOptions: ParsableArguments {
  @Option(help: "false.") var profiling: Bool?
  @Option(help: "false.") var contentionProfiling: Bool?
  @Option(help: "false.") var enableLogsHandler: Bool?
  @Option(help: "false.") var permitPortSharing: Bool?
  @Option(help: "true.") var permitAddressSharing: Bool?
  @Option(help: "true.") var allowPrivileged: Bool?
  @Option(help: "true.") var enableAggregatorRouting: Bool?
  @Option(help: "true.") var enableBootstrapTokenAuth: Bool?
  @Option(help: "true.") var enableGarbageCollector: Bool?
  @Option(help: "true.") var serviceAccountLookup: Bool?
  @Option(help: "true.") var watchCache: Bool?
  @Option(help: "/registry.") var etcdPrefix: String?
  @Option(help: "etcd3.") var storageBackend: String?
  @Option(help: "application/json.") var storageMediaType: String?
  @Option(help: "lease.") var endpointReconcilerType: String?
  @Option(help: "0s.") var shutdownWatchTerminationGracePeriod: String?

  func validate() throws {
    func require<Value: Equatable>(_ flag: String, _ given: Value?, _ only: Value, _ why: String) throws {
      guard let given, given != only else { return }
      throw ValidationError("--\(flag) \(given): it can only be \(only) here: \(why)")
    }
    try require("profiling", profiling, false, "there are no profiles of a program in Go")
    try require("contention-profiling", contentionProfiling, false, "there are no profiles of a program in Go")
    try require("enable-logs-handler", enableLogsHandler, false, "no files of this host are served")
    try require("permit-port-sharing", permitPortSharing, false, "two servers on one port would share its clients")
    try require("permit-address-sharing", permitAddressSharing, true, "a port is free as soon as nobody listens there")
    try require("allow-privileged", allowPrivileged, true, "privileged pods are judged by PodSecurity")
    try require(
      "enable-aggregator-routing", enableAggregatorRouting, true, "other API servers are asked at their endpoints")
    try require(
      "enable-bootstrap-token-auth", enableBootstrapTokenAuth, true,
      "bootstrap tokens are taken, and there are none unless somebody makes them")
    try require("enable-garbage-collector", enableGarbageCollector, true, "owned objects go with their owners")
    try require(
      "service-account-lookup", serviceAccountLookup, true, "a token is good for as long as its account is there")
    try require("watch-cache", watchCache, true, "everything is served from memory")
    try require(
      "etcd-prefix", etcdPrefix, "/registry", "keys begin as those of other servers on the same etcd do")
    try require("storage-backend", storageBackend, "etcd3", "say --datastore-endpoint, or nothing for a file")
    try require("storage-media-type", storageMediaType, "application/json", "objects are kept as they are served")
    try require("endpoint-reconciler-type", endpointReconcilerType, "lease", "servers that live are listed by leases")
    try require(
      "shutdown-watch-termination-grace-period", shutdownWatchTerminationGracePeriod, "0s",
      "watches are ended in good order, all of them at once")
  }
}
