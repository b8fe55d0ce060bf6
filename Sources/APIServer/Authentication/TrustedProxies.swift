/// Who may ask for others, and how they say for whom.
public struct TrustedProxies: Sendable, Hashable {
  /// Those of their certificates (PEM).
  public var authorities: String
  /// Common names of which a certificate must have one; empty for any.
  public let allowedNames: [String]
  public let headers: RequestHeaders

  public init(authorities: String, allowedNames: [String], headers: RequestHeaders) {
    self.authorities = authorities
    self.allowedNames = allowedNames
    self.headers = headers
  }

  /// What other servers are told: where nothing is said of one part, this server's own way of saying it, since it is a proxy to them
  /// as well.
  var publishedHeaders: RequestHeaders {
    func given(_ part: KeyPath<RequestHeaders, [String]>) -> [String] {
      headers[keyPath: part].isEmpty ? RequestHeaders.standard[keyPath: part] : headers[keyPath: part]
    }
    return RequestHeaders(
      userNames: given(\.userNames), uids: given(\.uids), groups: given(\.groups), extraPrefixes: given(\.extraPrefixes)
    )
  }
}
