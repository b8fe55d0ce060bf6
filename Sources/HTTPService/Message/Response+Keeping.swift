extension Response {
  /// The same response, which holds on to an object until its stream has ended or its connection is given back: whoever waits
  /// for the object to go knows then that nobody reads any more. One that is sent in a piece holds nothing.
  public func keeping(_ object: some AnyObject & Sendable) -> Response {
    var response = self
    switch body {
    case .bytes: break
    case .stream(let options, let write):
      response.body = .stream(options) { writer in
        defer { withExtendedLifetime(object) {} }
        try await write(writer)
      }
    case .takeover(let takeover):
      response.body = .takeover(
        Takeover(protocol: takeover.protocol) { connection in
          defer { withExtendedLifetime(object) {} }
          try await takeover.run(connection)
        })
    }
    return response
  }
}
