/// How a server serves.
public struct ServerConfiguration: Sendable {
  public var limits: RequestLimits
  /// How long a connection may be without a request before it is closed; a request's header must be complete in it.
  public var idleTimeout: Duration
  /// More connections than this are closed when they are accepted.
  public var maximumConnections: Int
  /// Event-loop threads. They move bytes and encrypt them: one serves two cores, two where all is TLS.
  public var threads: Int
  /// Large responses are compressed for clients that take it; nil for never.
  public var compression: Compression?
  /// A handler's task starts on the event loop that has read the request, and leaves it where it first waits for
  /// something. An answer from memory then costs no switch of threads; a handler that computes for long holds up the
  /// connections of that loop, and should `await Task.yield()` before, which moves it to the cooperative pool.
  public var handlersStartOnEventLoop: Bool
  /// How long a handler may take, not counting what it streams: its task is cancelled then, and the handler says in its
  /// own words what that means. Nil for no limit. Only with ``handlersStartOnEventLoop``, and asked only for a request
  /// that is not answered at once.
  public var handlerTime: (@Sendable (Request) -> Duration?)?
  public var http2: HTTP2Limits

  public init(
    limits: RequestLimits = RequestLimits(), idleTimeout: Duration = .seconds(300), maximumConnections: Int = 8192,
    threads: Int = 1, compression: Compression? = nil, handlersStartOnEventLoop: Bool = false,
    http2: HTTP2Limits = HTTP2Limits()
  ) {
    self.limits = limits
    self.idleTimeout = idleTimeout
    self.maximumConnections = maximumConnections
    self.threads = threads
    self.compression = compression
    self.handlersStartOnEventLoop = handlersStartOnEventLoop
    self.http2 = http2
  }
}
