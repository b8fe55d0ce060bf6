import APIServer
import ArgumentParser
import HTTPService

/// The flags about how clients connect; named as kube-apiserver's.
struct ConnectionOptions: ParsableArguments {
  @Option(
    help: "A certificate that is shown in the place of the cluster's own, with those that lead to its authority (PEM).")
  var tlsCertFile: String?
  @Option(help: "The key of that certificate (PEM).") var tlsPrivateKeyFile: String?
  @Option(
    help:
      "A certificate and a key that are shown to those who ask for its names, or for those that are given: CERTIFICATE,KEY[:NAME,…]; repeatable."
  ) var tlsSniCertKey: [String] = []
  @Option(help: "The oldest version of TLS that is spoken: VersionTLS12 or VersionTLS13.") var tlsMinVersion =
    "VersionTLS12"
  @Option(
    help:
      "Ciphers, separated by commas: some of \(TLSRestrictions.knownCiphers.joined(separator: ", ")). Those of TLS 1.3 are spoken whatever is said, and TLS 1.2 is not where there is none for it."
  )
  var tlsCipherSuites = ""
  @Option(
    help:
      "How often a client that speaks HTTP/2 is told to connect anew, from 0 (never) to 0.02 (after every 50th request)."
  ) var goawayChance = 0.0
  @Option(help: "How many requests a client that speaks HTTP/2 may have under way at a time; 0 for the usual number.")
  var http2MaxStreamsPerConnection = 0
  @Option(
    parsing: .singleValue,
    help:
      "Pages of which origins may read answers in a browser: regular expressions that say where the host begins and ends, as in //example\\.com(:|$), separated by commas; repeatable."
  ) var corsAllowedOrigins: [String] = []
  @Option(
    name: .customLong("strict-transport-security-directives"), parsing: .singleValue,
    help: "What browsers are told of TLS (RFC 6797), such as max-age=31536000,includeSubDomains; repeatable.")
  var strictTransportSecurity: [String] = []

  var strictTransportSecurityDirectives: [String] {
    strictTransportSecurity.flatMap { $0.split(separator: ",").map(String.init) }
  }

  /// Nil where there are none.
  func crossOrigin() throws -> CrossOrigin? {
    let patterns = ServerOptions.names(corsAllowedOrigins)
    if patterns.isEmpty { return nil }
    do { return try CrossOrigin(patterns) } catch {
      throw ValidationError("--cors-allowed-origins \(error.description)")
    }
  }

  func namedCertificates() throws -> [NamedCertificates.Place] { try tlsSniCertKey.map(NamedCertificates.Place.init) }

  func restrictions() throws -> TLSRestrictions {
    let version: TLSInfo.Version
    switch tlsMinVersion {
    case "VersionTLS12": version = .v12
    case "VersionTLS13": version = .v13
    case "VersionTLS10", "VersionTLS11":
      throw ValidationError("--tls-min-version \(tlsMinVersion): versions before VersionTLS12 are not safe")
    default: throw ValidationError("--tls-min-version: unknown tls version \"\(tlsMinVersion)\"")
    }
    do {
      return try TLSRestrictions(
        minimumVersion: version, ciphers: tlsCipherSuites.split(separator: ",").map(String.init))
    } catch { throw ValidationError("--tls-cipher-suites: \(error.message)") }
  }

  /// Each directive of RFC 6797, section 6.1, with a value where it needs one.
  private static func isDirective(_ text: String) -> Bool {
    switch text {
    case "includeSubDomains", "preload": true
    default: text.hasPrefix("max-age=") && Int(text.dropFirst("max-age=".count)).map { $0 >= 0 } ?? false
    }
  }

  func validate() throws {
    guard (tlsCertFile == nil) == (tlsPrivateKeyFile == nil) else {
      throw ValidationError("--tls-cert-file and --tls-private-key-file go together")
    }
    _ = try restrictions()
    _ = try namedCertificates()
    _ = try crossOrigin()
    guard (0...Int(Int32.max)).contains(http2MaxStreamsPerConnection) else {
      throw ValidationError(
        "--http2-max-streams-per-connection \(http2MaxStreamsPerConnection): it must be from 0 to \(Int32.max)")
    }
    guard (0...0.02).contains(goawayChance) else {
      throw ValidationError("--goaway-chance \(goawayChance): it must be from 0 to 0.02")
    }
    for directive in strictTransportSecurityDirectives where !Self.isDirective(directive) {
      throw ValidationError(
        "--strict-transport-security-directives: invalid directive \(directive): it must be max-age=SECONDS, includeSubDomains or preload"
      )
    }
  }
}
