/// How a server serves.
public struct ServerConfiguration: Sendable {
  public var limits: RequestLimits
  /// How long a connection may be without a request before it is closed; a request's header must be complete in it.
  public var idleTimeout: Duration
  /// More connections than this are closed when they are accepted.
  public var maximumConnections: Int
  /// Event-loop threads. They only move bytes: one serves two cores.
  public var threads: Int

  public init(
    limits: RequestLimits = RequestLimits(), idleTimeout: Duration = .seconds(300), maximumConnections: Int = 8192,
    threads: Int = 1
  ) {
    self.limits = limits
    self.idleTimeout = idleTimeout
    self.maximumConnections = maximumConnections
    self.threads = threads
  }
}
