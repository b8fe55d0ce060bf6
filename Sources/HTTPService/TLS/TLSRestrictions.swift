import NIOSSL

/// Which versions of TLS a listener speaks, and with which ciphers.
public struct TLSRestrictions: Sendable {
  /// Those that may be chosen, by their names in IANA's registry.
  public static let knownCiphers: [String] = (known + old).map(\.name) + fixed

  private static let known: [(name: String, cipher: NIOTLSCipher)] = [
    ("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256),
    ("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384),
    ("TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256),
    ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256),
    ("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384),
    ("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256),
  ]

  /// Of TLS 1.2, for old clients: only where they are asked for.
  private static let old: [(name: String, cipher: NIOTLSCipher)] = [
    ("TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", .TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA),
    ("TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", .TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA),
    ("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", .TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA),
    ("TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", .TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA),
  ]

  /// Of TLS 1.3: all of them are spoken, whatever is chosen.
  private static let fixed = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"]

  /// Names from before the standard.
  private static let otherNames = [
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305": "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305": "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
  ]

  public var minimumVersion: TLSInfo.Version
  private let ciphers: [NIOTLSCipher]

  /// - Parameter ciphers: the only ones of TLS 1.2, by name, and any of TLS 1.3; empty for all that are safe. Where none of TLS 1.2
  ///   is among them that is not spoken.
  /// - Throws: `tls` for a name that is not among `knownCiphers`.
  public init(minimumVersion: TLSInfo.Version = .v12, ciphers: [String] = []) throws(HTTPServiceError) {
    var chosen: [NIOTLSCipher] = []
    for name in ciphers where !Self.fixed.contains(name) {
      let usual = Self.otherNames[name] ?? name
      guard let cipher = (Self.known + Self.old).first(where: { $0.name == usual })?.cipher else {
        throw HTTPServiceError(
          .tls,
          "Cipher suite \(name) not supported or doesn't exist: it must be one of \(Self.knownCiphers.joined(separator: ", "))"
        )
      }
      chosen.append(cipher)
    }
    self.minimumVersion = chosen.isEmpty && !ciphers.isEmpty ? .v13 : minimumVersion
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
