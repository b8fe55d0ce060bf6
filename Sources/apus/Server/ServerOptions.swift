import APIMachinery
import APIServer
import Addressing
import ArgumentParser

/// The flags of the API itself: where and how it is served.
struct ServerOptions: ParsableArguments {
  @Option(help: "Address and port that the API is served on, with TLS.") var apiListen = "0.0.0.0:6443"
  @Option(help: "Address that clients in the cluster are told; the first one of this host unless set.")
  var advertiseAddress: String?
  @Option(help: "More names or addresses that the server's certificate is for; repeatable.")
  var tlsSan: [String] = []
  @Option(help: "Where the administrator's kubeconfig is written (default DATA-DIR/kubeconfig).")
  var kubeconfig: String?
  @Option(help: "Where services' addresses come from: CIDR, or one of each address family: CIDR,CIDR.")
  var serviceClusterIpRange = "10.43.0.0/16"
  @Option(help: "Ports that services are reached by on every node: FIRST-LAST.") var serviceNodePortRange =
    "30000-32767"
  @Option(help: "Admission plugins to run beside those that run by default, separated by commas; repeatable.")
  var enableAdmissionPlugins: [String] = []
  @Option(help: "Admission plugins not to run, separated by commas; repeatable.")
  var disableAdmissionPlugins: [String] = []
  @Option(help: "What admission plugins are told: a file of kind AdmissionConfiguration of apiserver.config.k8s.io/v1.")
  var admissionControlConfigFile: String?
  @Option(
    help:
      "Which built-in APIs are served: GROUP/VERSION=true or =false (/v1 for the group without a name), GROUP/VERSION/RESOURCE=…, api/all=… for all that this server has, api/ga=…, api/beta=… or api/alpha=…, separated by commas; repeatable."
  )
  var runtimeConfig: [String] = []
  @Option(
    help:
      "Features that must be on or off, NAME=true or NAME=false, separated by commas; repeatable. They are as they are by default in Kubernetes, and nothing else is taken."
  )
  var featureGates: [String] = []
  @Option(help: "Seconds that a pod stays on a node that is not ready, where it says nothing of that.")
  var defaultNotReadyTolerationSeconds = DefaultTolerationSeconds.usualSeconds
  @Option(help: "Seconds that a pod stays on a node that cannot be reached, where it says nothing of that.")
  var defaultUnreachableTolerationSeconds = DefaultTolerationSeconds.usualSeconds
  @Option(help: "How many requests that only read are worked on at a time; others wait.") var maxRequestsInflight = 400
  @Option(help: "How many requests that write are worked on at a time. The sum of both is divided by priority levels.")
  var maxMutatingRequestsInflight = 200
  @Option(
    help:
      "Whether requests wait in the queues of priority levels (true, the default); if not, those beyond both numbers are refused, and 0 is no limit."
  ) var enablePriorityAndFairness = true
  @Option(help: "How long a request may take that is no watch or stream, as in 60s or 1m30s.") var requestTimeout =
    "60s"
  @Option(help: "Seconds that a watch lasts at least whose client says nothing of it.") var minRequestTimeout = 1800
  @Option(help: "How long an event is kept after it was written last, as in 1h; 0 for ever.") var eventTtl = "1h0m0s"
  @Option(help: "How long /livez says yes while the server is still starting, as in 10s.") var livezGracePeriod = "0s"
  @Option(help: "How long requests are still taken after a signal, while /readyz says no already, as in 10s.")
  var shutdownDelayDuration = "0s"
  @Option(
    help:
      "Whether requests that come later are told to try elsewhere (429) until those that are under way are answered: true or false."
  ) var shutdownSendRetryAfter = false

  /// The names in the values of a flag that takes lists.
  static func names(_ values: [String]) -> [String] {
    values.flatMap { $0.split(separator: ",").map(String.init) }
  }

  /// Where the API is served.
  func listenAddress() throws -> (host: String, port: Int) {
    guard let colon = apiListen.lastIndex(of: ":"), let port = Int(apiListen[apiListen.index(after: colon)...]),
      (0...65_535).contains(port)
    else { throw ValidationError("--api-listen \(apiListen): it must be ADDRESS:PORT") }
    let host = apiListen[..<colon].trimmingBrackets
    return (host.isEmpty ? "0.0.0.0" : host, port)
  }

  /// How long a request may take.
  var requestTime: Duration { .nanoseconds(GoDuration.nanoseconds(requestTimeout) ?? 0) }

  /// How long an event is kept; nil for ever.
  var eventLifetime: Duration? {
    GoDuration.nanoseconds(eventTtl).flatMap { $0 > 0 ? .nanoseconds($0) : nil }
  }

  /// How long requests are still taken when it is time to end.
  var shutdownDelay: Duration { .nanoseconds(GoDuration.nanoseconds(shutdownDelayDuration) ?? 0) }

  /// How long the server counts as alive while it starts.
  var startGrace: Duration { .nanoseconds(GoDuration.nanoseconds(livezGracePeriod) ?? 0) }

  /// Where services get their addresses and node ports from.
  func serviceNetwork() throws -> ServiceNetwork {
    do { return try ServiceNetwork(ranges: serviceClusterIpRange, nodePorts: serviceNodePortRange) } catch {
      throw ValidationError(error.description)
    }
  }

  func validate() throws {
    guard requestTime > .zero else {
      throw ValidationError("--request-timeout \(requestTimeout): it must be a duration above zero, such as 60s")
    }
    guard let delay = GoDuration.nanoseconds(shutdownDelayDuration), delay >= 0 else {
      throw ValidationError("--shutdown-delay-duration \(shutdownDelayDuration): it must be a duration, such as 10s")
    }
    guard let grace = GoDuration.nanoseconds(livezGracePeriod), grace >= 0 else {
      throw ValidationError("--livez-grace-period \(livezGracePeriod): it must be a duration, such as 10s")
    }
    guard let lifetime = GoDuration.nanoseconds(eventTtl), lifetime >= 0 else {
      throw ValidationError("--event-ttl \(eventTtl): it must be a duration, such as 1h")
    }
    // Counts of kube-apiserver have 32 bits.
    let counts = 0...Int(Int32.max)
    guard minRequestTimeout > 0, counts.contains(minRequestTimeout) else {
      throw ValidationError("--min-request-timeout \(minRequestTimeout): it must be a number of seconds above zero")
    }
    guard counts.contains(maxRequestsInflight), counts.contains(maxMutatingRequestsInflight),
      !enablePriorityAndFairness || maxRequestsInflight + maxMutatingRequestsInflight > 0
    else {
      throw ValidationError(
        "--max-requests-inflight and --max-mutating-requests-inflight: their sum must be above zero")
    }
    do { try FeatureGates.check(Self.names(featureGates)) } catch {
      throw ValidationError("--feature-gates: \(error.description)")
    }
    _ = try listenAddress()
    _ = try serviceNetwork()
    if let text = advertiseAddress {
      guard let address = IPAddress(text), !address.isUnspecified, !address.isLoopback, !address.isLinkLocal,
        !address.isMulticast
      else {
        throw ValidationError("--advertise-address \(text): it must be an address that other hosts can reach")
      }
    }
  }
}

extension Substring {
  fileprivate var trimmingBrackets: String {
    hasPrefix("[") && hasSuffix("]") ? String(dropFirst().dropLast()) : String(self)
  }
}
