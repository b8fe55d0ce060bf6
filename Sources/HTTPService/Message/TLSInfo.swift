/// What TLS has found out about a connection.
public struct TLSInfo: Sendable, Equatable {
  /// The version of the protocol: 1.2 or 1.3.
  public enum Version: Sendable, Equatable { case v12, v13 }

  public let version: Version
  /// The protocol that ALPN settled on (RFC 7301): `h2`, `http/1.1`, or nil where the client offered none.
  public let applicationProtocol: String?
  public let client: Client
  /// What those authorities say of the client's certificate that vouch for proxies; `anonymous` where there are none.
  public let proxy: Client

  /// What the client has shown of itself.
  public enum Client: Sendable, Equatable {
    /// No certificate.
    case anonymous
    /// A certificate that one of the listener's authorities vouches for, when the connection was made or when the
    /// authorities were last replaced. Whether it is still valid at the time of a request is for the handler to
    /// compare: a connection may outlive `notAfter`.
    case verified(ClientCertificate)
    /// A certificate that was not accepted. The connection was let in, since the client may have another way to say
    /// who it is; the text says why.
    case refused(String)
  }

  public init(version: Version, applicationProtocol: String?, client: Client, proxy: Client = .anonymous) {
    self.version = version
    self.applicationProtocol = applicationProtocol
    self.client = client
    self.proxy = proxy
  }

  /// The certificate, where it was verified.
  public var clientCertificate: ClientCertificate? {
    if case .verified(let certificate) = client { return certificate }
    return nil
  }
}
