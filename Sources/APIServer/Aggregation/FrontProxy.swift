import APIMachinery
import HTTPService
import NIOHTTP1
import NIOSSL
import Synchronization

/// As whom this server speaks to other API servers: it shows a certificate of an authority of its own, and says in headers
/// for whom it asks (Kubernetes, "Authenticating proxy").
public final class FrontProxy: Sendable {
  /// A certificate and its key, PEM.
  public struct Credentials: Sendable, Hashable {
    public let certificate: String
    public let privateKey: String

    public init(certificate: String, privateKey: String) {
      self.certificate = certificate
      self.privateKey = privateKey
    }
  }

  public static let commonName = "front-proxy-client"

  private let trusted: @Sendable () -> String
  private let credentials: @Sendable () throws -> Credentials
  private let parsed = Mutex<(credentials: Credentials, tls: TLSConfiguration)?>(nil)

  /// - Parameters:
  ///   - authorities: gives those of the certificate, of the present and of the time to come, PEM.
  ///   - credentials: gives those that are valid now; called often.
  public init(
    authorities: @escaping @Sendable () -> String, credentials: @escaping @Sendable () throws -> Credentials
  ) {
    trusted = authorities
    self.credentials = credentials
  }

  /// What other servers are told to trust, PEM.
  var authorities: String { trusted() }

  /// Where a service is reached, with this server's certificate.
  func target(_ service: AggregatedService) -> OutboundTarget {
    OutboundTarget(
      place: .service(service.service), path: "",
      tls: OutboundTarget.tls(authorities: service.authorities, verifies: service.verifies).flatMap(shown))
  }

  private func shown(_ configuration: TLSConfiguration) -> Result<TLSConfiguration, OutboundError> {
    do {
      let current = try credentials()
      let own = try parsed.withLock { parsed in
        if let parsed, parsed.credentials == current { return parsed.tls }
        var own = TLSConfiguration.makeClientConfiguration()
        own.certificateChain = try NIOSSLCertificate.fromPEMBytes(Array(current.certificate.utf8)).map {
          .certificate($0)
        }
        own.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: Array(current.privateKey.utf8), format: .pem))
        parsed = (current, own)
        return own
      }
      var configuration = configuration
      configuration.certificateChain = own.certificateChain
      configuration.privateKey = own.privateKey
      return .success(configuration)
    } catch {
      return .failure(OutboundError(.configuration, "the proxy's certificate cannot be used: \(error)", cause: error))
    }
  }

  /// Says for whom is asked. Whatever a client said of that itself is gone.
  static func introduce(_ user: User, _ headers: inout HTTPHeaders) {
    let foreign = headers.map(\.name).filter {
      let name = $0.lowercased()
      return name.hasPrefix("x-remote-") || name.hasPrefix("impersonate-") || name == "authorization"
    }
    for name in foreign { headers.remove(name: name) }
    headers.add(name: "X-Remote-User", value: user.name)
    if !user.uid.isEmpty { headers.add(name: "X-Remote-Uid", value: user.uid) }
    for group in user.groups { headers.add(name: "X-Remote-Group", value: group) }
    for (key, values) in user.extra.sorted(by: { $0.key < $1.key }) {
      for value in values { headers.add(name: "X-Remote-Extra-\(escape(key))", value: value) }
    }
  }

  /// A key as part of a header's name: what is no token character, and the sign itself, stands as its number.
  static func escape(_ key: String) -> String {
    PercentEncoding.encode(key) { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x21, 0x23, 0x24, 0x26, 0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E...0x60,
        0x7C, 0x7E:
        true
      default: false
      }
    }
  }
}
