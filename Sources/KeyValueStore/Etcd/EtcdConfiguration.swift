/// How an etcd cluster is reached, and which of its keys are ours.
public struct EtcdConfiguration: Sendable, Hashable {
  /// One member's address for clients.
  public struct Endpoint: Sendable, Hashable, CustomStringConvertible {
    public let isSecure: Bool
    /// `HOST:PORT`.
    public let address: String

    /// `http://HOST:PORT`, `https://HOST:PORT` or `HOST:PORT`; without a port etcd's own, 2379. Nil for all else.
    public init?(_ text: String) {
      var rest = text[...]
      isSecure = text.hasPrefix("https://")
      for scheme in ["https://", "http://"] where text.hasPrefix(scheme) { rest = text.dropFirst(scheme.count) }
      if rest.hasSuffix("/") { rest = rest.dropLast() }
      guard let address = EtcdLocation.member(rest) else { return nil }
      self.address = address
    }

    public var description: String { "\(isSecure ? "https" : "http")://\(address)" }

    /// Without the brackets of an IPv6 address.
    var host: String {
      let host = address[..<(address.lastIndex(of: ":") ?? address.endIndex)]
      return String(host.hasPrefix("[") ? host.dropFirst().dropLast() : host)
    }

    var port: Int { address.lastIndex(of: ":").flatMap { Int(address[address.index(after: $0)...]) } ?? 2379 }
  }

  /// How members prove who they are, and we to them.
  public struct TLS: Sendable, Hashable {
    /// A file with the authorities that members' certificates are checked against (PEM); nil for the system's.
    public var authorities: String?
    /// A file with our certificate and those of its authorities that members do not have (PEM).
    public var certificate: String?
    /// The file with the certificate's key (PEM).
    public var key: String?

    public init(authorities: String? = nil, certificate: String? = nil, key: String? = nil) {
      self.authorities = authorities
      self.certificate = certificate
      self.key = key
    }
  }

  /// A user of etcd's own (`etcdctl user add`).
  public struct Credentials: Sendable, Hashable {
    public var user: String
    public var password: String

    public init(user: String, password: String) {
      self.user = user
      self.password = password
    }
  }

  /// At least one; which of them is asked does not matter.
  public var endpoints: [Endpoint]
  /// What all of our keys begin with; they are named without it. Empty where keys are whole, as Kubernetes' are
  /// (`/registry/…`).
  public var prefix: String
  public var tls: TLS?
  public var credentials: Credentials?

  public init(endpoints: [Endpoint], prefix: String = "", tls: TLS? = nil, credentials: Credentials? = nil) {
    self.endpoints = endpoints
    self.prefix = prefix
    self.tls = tls
    self.credentials = credentials
  }
}
