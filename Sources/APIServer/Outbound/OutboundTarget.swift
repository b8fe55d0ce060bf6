import APIMachinery
import FoundationEssentials
import NIOSSL

/// Where something outside of this server is asked over TLS: a webhook, or an API server that is passed requests
/// (admissionregistration.k8s.io/v1 WebhookClientConfig).
struct OutboundTarget: Sendable {
  /// A service of the cluster.
  struct Service: Sendable, Hashable {
    var namespace: String
    var name: String
    var port: Int

    /// The name that the certificate must be for.
    var serverName: String { "\(name).\(namespace).svc" }
  }

  enum Place: Sendable, Hashable {
    /// `host` or `host:port` of a URL.
    case host(String)
    case service(Service)
  }

  let place: Place
  /// Begins with a slash.
  let path: String
  /// How it is checked and what it is shown; the words of why that cannot be read otherwise.
  private(set) var tls: Result<TLSConfiguration, OutboundError>

  init(place: Place, path: String, tls: Result<TLSConfiguration, OutboundError>) {
    self.place = place
    // Go's client joins paths so: one slash at the start, none at the end.
    let inner = path.drop { $0 == "/" }.reversed().drop { $0 == "/" }.reversed()
    self.path = "/" + String(inner)
    self.tls = tls
  }

  /// Reads a client configuration: `url` or `service`, and `caBundle`.
  /// - Returns: nil where it names neither.
  init?(clientConfig: JSONValue?) {
    let bundle = clientConfig?["caBundle"]?.stringValue ?? ""
    let tls = Self.tls(authorities: bundle)
    if let service = clientConfig?["service"] {
      self.init(
        place: .service(
          Service(
            namespace: service["namespace"]?.stringValue ?? "", name: service["name"]?.stringValue ?? "",
            port: Int(service["port"]?.integerValue ?? 443))),
        path: service["path"]?.stringValue ?? "", tls: tls)
    } else if let url = clientConfig?["url"]?.stringValue, url.hasPrefix("https://") {
      let rest = url.dropFirst(8)
      let host = rest.prefix { $0 != "/" }
      self.init(place: .host(String(host)), path: String(rest.dropFirst(host.count)), tls: tls)
    } else {
      return nil
    }
  }

  /// The same place, where this server shows a certificate.
  func showing(_ chain: [NIOSSLCertificateSource], _ key: NIOSSLPrivateKeySource?) -> OutboundTarget {
    var target = self
    target.tls = tls.map { configuration in
      var configuration = configuration
      configuration.certificateChain = chain
      configuration.privateKey = key
      return configuration
    }
    return target
  }

  /// The URL without a query, as messages name it.
  var url: String { "https://\(authority)\(path)" }

  /// Who is asked, as a URL says it.
  var authority: String {
    switch place {
    case .host(let host): host
    case .service(let service): "\(service.serverName):\(service.port)"
    }
  }

  /// - Parameter authorities: PEM in base64 as objects hold it; empty: those that the system trusts.
  static func tls(authorities: String, verifies: Bool = true) -> Result<TLSConfiguration, OutboundError> {
    var configuration = TLSConfiguration.makeClientConfiguration()
    if !verifies { configuration.certificateVerification = .none }
    guard !authorities.isEmpty else { return .success(configuration) }
    guard let text = Data(base64Encoded: authorities, options: .ignoreUnknownCharacters) else {
      return .failure(OutboundError(.configuration, "unable to load root certificates: the bundle is not base64"))
    }
    let isBlank = text.allSatisfy { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
    if isBlank { return .success(configuration) }
    do {
      let certificates = try NIOSSLCertificate.fromPEMBytes(Array(text))
      guard !certificates.isEmpty else {
        return .failure(
          OutboundError(.configuration, "unable to load root certificates: unable to parse bytes as PEM block"))
      }
      configuration.trustRoots = .certificates(certificates)
    } catch {
      return .failure(
        OutboundError(
          .configuration, "unable to load root certificates: unable to parse bytes as PEM block", cause: error))
    }
    return .success(configuration)
  }
}
