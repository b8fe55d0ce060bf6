import Linux
import NIOCore
import NIOSSL
import Synchronization

/// How a listener speaks TLS: the certificate that it shows and the authorities whose certificates it takes from
/// clients. Both can be replaced while it serves; connections that are open stay as they are, except that a client's
/// certificate is judged again.
///
///     let tls = try ServerTLS(certificateChain: pem, privateKey: keyPEM, clientAuthorities: caPEM)
///     try await server.listen(on: .tcp(host: "0.0.0.0", port: 6443), tls: tls)
///
/// TLS 1.2 and 1.3 with forward secrecy and authenticated ciphers; ALPN offers `h2` and `http/1.1`. A client may show a
/// certificate and need not. One that no authority vouches for does not end the connection: `TLSInfo.Client` tells.
public final class ServerTLS: Sendable {
  private typealias Authorities = (bundle: ClientAuthorities, certificates: [NIOSSLCertificate])

  private struct State {
    var certificateChain: [NIOSSLCertificate]
    var privateKey: NIOSSLPrivateKey
    var authorities: Authorities?
    /// They vouch for proxies, and for no clients.
    var proxyAuthorities: Authorities?
    var context: NIOSSLContext
    var named: [NamedCertificate]
    var epoch = 0
    /// The intermediates that clients sent, by leaf: a resumed session brings the leaf only (RFC 8446, 2.2).
    var intermediates: [[UInt8]: [[UInt8]]] = [:]

    mutating func judgeAgain() {
      epoch += 1
      intermediates = [:]
    }
  }
  private static let mostIntermediates = 256

  private let state: Mutex<State>
  private let clock: @Sendable () -> Int64
  private let restrictions: TLSRestrictions
  let handshakeTimeout: TimeAmount

  /// - Parameters:
  ///   - certificateChain: PEM, the server's own certificate first, then those that lead to its authority.
  ///   - privateKey: PEM; it must be the first certificate's.
  ///   - named: certificates that are shown to those who ask for their names.
  ///   - clientAuthorities: PEM; nil where no certificate is asked for.
  ///   - proxyAuthorities: those of proxies, which say for whom they ask (PEM); nil where there are none.
  ///   - restrictions: which versions and ciphers are spoken.
  ///   - handshakeTimeout: a connection whose handshake takes longer is closed.
  ///   - clock: the time in seconds since 1970 at which clients' certificates must be valid.
  /// - Throws: `tls`.
  public init(
    certificateChain: String, privateKey: String, named: [NamedCertificate] = [], clientAuthorities: String? = nil,
    proxyAuthorities: String? = nil, restrictions: TLSRestrictions = .none,
    handshakeTimeout: Duration = .seconds(10),
    clock: @escaping @Sendable () -> Int64 = { Clock.realtime / 1_000_000_000 }
  ) throws(HTTPServiceError) {
    let (chain, key) = try Self.parse(certificateChain, privateKey)
    let authorities = try Self.parse(authorities: clientAuthorities)
    let proxies = try Self.parse(authorities: proxyAuthorities)
    let context = try Self.context(chain, key, named, Self.all(authorities, proxies), restrictions)
    state = Mutex(
      State(
        certificateChain: chain, privateKey: key, authorities: authorities, proxyAuthorities: proxies,
        context: context, named: named))
    self.handshakeTimeout = TimeAmount(handshakeTimeout)
    self.clock = clock
    self.restrictions = restrictions
  }

  /// Whether authorities can be used.
  /// - Parameter authorities: PEM.
  /// - Throws: `tls` where there is none or one cannot be read.
  public static func check(authorities: String) throws(HTTPServiceError) { _ = try read(authorities: authorities) }

  /// Shows another certificate to whoever connects from now on.
  /// - Throws: `tls`; then the old one stays.
  public func replace(certificateChain: String, privateKey: String) throws(HTTPServiceError) {
    let (chain, key) = try Self.parse(certificateChain, privateKey)
    try change { (state) throws(HTTPServiceError) in
      state.certificateChain = chain
      state.privateKey = key
    }
  }

  /// Shows other certificates to those who ask for their names, from now on.
  /// - Throws: `tls`; then the old ones stay.
  public func replace(named: [NamedCertificate]) throws(HTTPServiceError) {
    try change { (state) throws(HTTPServiceError) in state.named = named }
  }

  /// Takes other authorities for clients' certificates; nil asks for none. Certificates on open connections are judged
  /// again with the next request.
  /// - Throws: `tls`; then the old ones stay.
  public func replace(clientAuthorities: String?) throws(HTTPServiceError) {
    let authorities = try Self.parse(authorities: clientAuthorities)
    try change { (state) throws(HTTPServiceError) in
      state.authorities = authorities
      state.judgeAgain()
    }
  }

  /// Takes other authorities for proxies' certificates; nil takes none. Certificates on open connections are judged again
  /// with the next request.
  /// - Throws: `tls`; then the old ones stay.
  public func replace(proxyAuthorities: String?) throws(HTTPServiceError) {
    let authorities = try Self.parse(authorities: proxyAuthorities)
    try change { (state) throws(HTTPServiceError) in
      state.proxyAuthorities = authorities
      state.judgeAgain()
    }
  }

  private func change(_ edit: (inout State) throws(HTTPServiceError) -> Void) throws(HTTPServiceError) {
    try state.withLock { (state) throws(HTTPServiceError) in
      var new = state
      try edit(&new)
      new.context = try Self.context(
        new.certificateChain, new.privateKey, new.named, Self.all(new.authorities, new.proxyAuthorities), restrictions)
      state = new
    }
  }

  // MARK: For connections

  var context: NIOSSLContext { state.withLock { $0.context } }

  /// Grows with each change of the authorities.
  var epoch: Int { state.withLock { $0.epoch } }

  /// What the authorities of clients and those of proxies say of a certificate.
  struct Judgement: Sendable {
    var client = TLSInfo.Client.anonymous
    var proxy = TLSInfo.Client.anonymous
    /// Of the authorities that said so.
    let epoch: Int
  }

  /// Judges a chain that a client has shown, leaf first.
  func verify(_ chain: [[UInt8]]) async -> Judgement {
    guard let leaf = chain.first else { return Judgement(epoch: epoch) }
    let (authorities, proxies, epoch, whole) = state.withLock { state in
      if chain.count > 1 {
        if state.intermediates.count >= Self.mostIntermediates { state.intermediates = [:] }
        state.intermediates[leaf] = Array(chain.dropFirst())
      }
      return (
        state.authorities?.bundle, state.proxyAuthorities?.bundle, state.epoch,
        chain.count > 1 ? chain : [leaf] + (state.intermediates[leaf] ?? [])
      )
    }
    return Judgement(
      client: await authorities?.verify(whole, at: clock())
        ?? .refused("no authority for clients' certificates is set"),
      proxy: await proxies?.verify(whole, at: clock()) ?? .anonymous, epoch: epoch)
  }

  // MARK: Parsing

  static func parse(
    _ chain: String, _ key: String
  ) throws(HTTPServiceError) -> ([NIOSSLCertificate], NIOSSLPrivateKey) {
    do {
      let certificates = try NIOSSLCertificate.fromPEMBytes(Array(chain.utf8))
      return (certificates, try NIOSSLPrivateKey(bytes: Array(key.utf8), format: .pem))
    } catch {
      throw HTTPServiceError(.tls, "the server's certificate or its private key cannot be read", cause: error)
    }
  }

  /// Nil where nobody's certificates are taken.
  private static func all(_ authorities: Authorities?, _ proxies: Authorities?) -> [NIOSSLCertificate]? {
    guard authorities != nil || proxies != nil else { return nil }
    return (authorities?.certificates ?? []) + (proxies?.certificates ?? [])
  }

  private static func parse(authorities pem: String?) throws(HTTPServiceError) -> Authorities? {
    guard let pem else { return nil }
    return try read(authorities: pem)
  }

  private static func read(authorities pem: String) throws(HTTPServiceError) -> Authorities {
    let bundle = try ClientAuthorities(pem: pem)
    do { return (bundle, try NIOSSLCertificate.fromPEMBytes(Array(pem.utf8))) } catch {
      throw HTTPServiceError(.tls, "the authorities for clients' certificates cannot be read", cause: error)
    }
  }

  private static func context(
    _ chain: [NIOSSLCertificate], _ key: NIOSSLPrivateKey, _ named: [NamedCertificate],
    _ authorities: [NIOSSLCertificate]?, _ restrictions: TLSRestrictions
  ) throws(HTTPServiceError) -> NIOSSLContext {
    var settings = TLSConfiguration.makeServerConfiguration(
      certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
    restrictions.apply(to: &settings)
    settings.applicationProtocols = ["h2", "http/1.1"]
    settings.trustRoots = .certificates(authorities ?? [])
    settings.certificateVerification = authorities == nil ? .none : .optionalVerification
    // How long a close waits for the client's: nothing depends on that.
    settings.shutdownTimeout = .seconds(1)
    // The library's own list and Ed25519, which clients' keys may be of.
    settings.verifySignatureAlgorithms = [
      .ecdsaSecp256R1Sha256, .rsaPssRsaeSha256, .rsaPkcs1Sha256, .ed25519, .ecdsaSecp384R1Sha384, .rsaPssRsaeSha384,
      .rsaPkcs1Sha384, .ecdsaSecp521R1Sha512, .rsaPssRsaeSha512, .rsaPkcs1Sha512,
    ]
    // A client with several certificates then knows which one to show (RFC 8446, 4.2.4).
    settings.sendCANameList = authorities != nil
    if !named.isEmpty {
      settings.sslContextCallback = { hello, promise in
        var shown = NIOSSLContextConfigurationOverride.noChanges
        if let name = hello.serverHostname, let found = NamedCertificate.find(name, among: named) {
          shown.certificateChain = found.chain.map { .certificate($0) }
          shown.privateKey = .privateKey(found.key)
        }
        promise.succeed(shown)
      }
    }
    do { return try NIOSSLContext(configuration: settings) } catch {
      throw HTTPServiceError(.tls, "the server's certificate and its private key do not fit together", cause: error)
    }
  }
}
