import NIOSSL

/// Which versions of TLS a listener speaks, and with which ciphers.
public struct TLSRestrictions: Sendable {
  /// Those of TLS 1.2 that are safe, by their names in IANA's registry. Those of TLS 1.3 are not chosen.
  public static let knownCiphers: [String] = known.map(\.name)

  private static let known: [(name: String, cipher: NIOTLSCipher)] = [
    ("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256),
    ("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384),
    ("TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256),
    ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256),
    ("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384),
    ("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256),
  ]

  public var minimumVersion: TLSInfo.Version
  private let ciphers: [NIOTLSCipher]

  /// - Parameter ciphers: the only ones of TLS 1.2, by name; empty for all that are safe.
  /// - Throws: `tls` for a name that is not among `knownCiphers`.
  public init(minimumVersion: TLSInfo.Version = .v12, ciphers: [String] = []) throws(HTTPServiceError) {
    self.minimumVersion = minimumVersion
    var chosen: [NIOTLSCipher] = []
    for name in ciphers {
      guard let cipher = Self.known.first(where: { $0.name == name })?.cipher else {
        throw HTTPServiceError(
          .tls,
          "Cipher suite \(name) not supported or doesn't exist: it must be one of \(Self.knownCiphers.joined(separator: ", "))"
        )
      }
      chosen.append(cipher)
    }
    self.ciphers = chosen
  }

  private init() {
    minimumVersion = .v12
    ciphers = []
  }

  /// TLS 1.2 and 1.3 with every cipher that is safe.
  public static let none = TLSRestrictions()

  func apply(to settings: inout TLSConfiguration) {
    settings.minimumTLSVersion = minimumVersion == .v13 ? .tlsv13 : .tlsv12
    settings.cipherSuiteValues = ciphers.isEmpty ? Self.known.map(\.cipher) : ciphers
  }
}
